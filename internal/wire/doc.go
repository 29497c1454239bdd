// Package wire reads and writes AWS's wire protocols: requests become the
// generated input shapes of package api, outputs and errors become responses.
//
// A [Model] is a service's description compiled for that: its plans are made
// once for each Go type, on first use, and shared by all protocols. The
// protocols themselves are the packages below (awsjson, awsquery, ec2query,
// restjson, restxml, cbor); eventstream is the form of answers that are a
// sequence of events; sigv4 verifies signatures; browserform reads the forms of
// pages that upload. The package also checks a
// decoded input against the model's constraints and says what is wrong in AWS's
// words, tells what a call with it touches ([Operation.Touches]), and writes it
// for an audit record ([Operation.Parameters]).
//
// Bodies are hostile: whatever is decoded is bounded in depth and in number of
// values before memory is taken for it. What is streamed is not read here.
//
// It knows no service by heart but for the error code that each uses for a
// broken constraint, how SSM, S3 and SQS spell a resource, and what S3 says in a
// way of its own: its errors, its request IDs and its checks of a document. Which service and
// operation a request means is for package gateway to find out.
package wire
