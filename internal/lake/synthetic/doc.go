// Package synthetic makes logs that nobody recorded, in the forms and under the
// keys that AWS delivers, for measuring and for trying things out.
//
// The same Config makes the same bytes. Everything is obviously made up: the
// accounts and addresses are those that documentation is written with.
package synthetic
