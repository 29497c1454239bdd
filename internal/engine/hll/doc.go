// Package hll is HyperLogLog as Trino has it, in airlift's library: estimates and
// the bytes of a sketch equal Trino's to the last bit. What a value's hash is, is
// left to others.
package hll
