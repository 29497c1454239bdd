// Package cloud holds the words that every layer shares: who calls, what a
// resource is named, and what an error means.
//
// It holds no behaviour of any one service and imports nothing of the project
// but kit.
package cloud
