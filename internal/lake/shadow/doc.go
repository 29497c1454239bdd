// Package shadow keeps the columns of log objects as Parquet files.
//
// A shadow is one Parquet file for one object. Its name is a hash of everything
// that decides its contents, so a shadow is never changed and never wrong: it
// exists whole or it does not exist, and it can be made again at any time. A
// file that cannot be read is made again. What the columns are called and what
// they mean is the format's business.
package shadow
