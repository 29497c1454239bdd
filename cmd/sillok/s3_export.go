package main

import (
	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/store/objects/plain"
)

func s3ExportCommand(e env) *cobra.Command {
	var o moveOptions
	var versions bool
	c := &cobra.Command{
		Use:   "export BUCKET DIR",
		Short: "Write a bucket to a folder of plain files",
		Long: `Export writes each object of a bucket to a file below DIR, under its own name, and
what a file cannot say to DIR/.sillok: manifest.jsonl has a line for each object with
its headers, metadata, tags, lock, checksums and times, bucket.json how the bucket is
set up. "sillok s3 import" makes the same bucket of it again.

It works with any S3: this server's (--data, or the AWS settings) and AWS's own.
Each object is checked by its ETag or checksum. What is in DIR already and right is
left alone: when an export was interrupted, run it again. Nothing is written outside
DIR, and no symbolic link in it is followed. With one that failed the exit code is 1,
the others are there, and the manifest names it.

A key that cannot be a path is written so that it can be read back: %XX for bytes no
name should have and for "%" itself, %2E for "." and "..", "%-" for what is empty
between two slashes, "%+" at the end of a name that goes on in the folder of that
name, "%_" at the end of a folder beside an object of its name.`,
		Example: `  sillok s3 export my-logs ./my-logs --data ./sillok-data
  sillok s3 export my-logs ./one --prefix AWSLogs/111122223333/ --data ./sillok-data

  # with all earlier versions, for another program to count
  sillok s3 export my-logs ./evidence --versions --data ./sillok-data --output json`,
		Args: twoArguments,
		RunE: func(c *cobra.Command, args []string) error {
			return o.move(c.Context(), e, plain.Config{Bucket: args[0], Versions: versions}, args[1], "exported", plain.Export)
		},
	}
	o.flags(c, "only keys that begin with `PREFIX`")
	c.Flags().BoolVar(&versions, "versions", false, "earlier versions and delete markers too, in DIR/.sillok/versions")
	return c
}
