package main

import (
	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/store/objects/plain"
)

func s3ImportCommand(e env) *cobra.Command {
	var o moveOptions
	var settings bool
	c := &cobra.Command{
		Use:   "import BUCKET DIR",
		Short: "Put a folder of plain files into a bucket",
		Long: `Import puts what is below DIR into a bucket, and makes the bucket where it is not
there. What "sillok s3 export" wrote comes in by its manifest: the same keys, headers,
metadata, tags, locks and ETags, and its versions in their order. When import makes
the bucket, or with --settings, it is set up as the exported one was. Of another
folder each file becomes an object whose key is its path.

Version IDs and the times of last change are given by S3 and are new. What is in the
bucket already and the same is left alone: when an import was interrupted, run it
again. Files are checked by the manifest before they are sent. Symbolic links are not
followed; they and other things that are no files are named and left out.`,
		Example: `  sillok s3 import my-logs ./AWSLogs --prefix AWSLogs/ --data ./sillok-data

  # take a bucket along: to another name here, to another server, or to AWS
  sillok s3 export my-logs ./my-logs --data ./sillok-data
  sillok s3 import copy-of-my-logs ./my-logs --data ./sillok-data`,
		Args: twoArguments,
		RunE: func(c *cobra.Command, args []string) error {
			return o.move(c.Context(), e, plain.Config{Bucket: args[0], Settings: settings}, args[1], "imported", plain.Import)
		},
	}
	o.flags(c, "`PREFIX` to put before each key")
	c.Flags().BoolVar(&settings, "settings", false, "set up a bucket that is there as the exported one was")
	return c
}
