"""Talks TLS to a server that AWS_CA_BUNDLE says to trust, and to no other."""

import os
import ssl
import sys
import urllib.request

import boto3
import botocore.exceptions

boto3.client("sts").get_caller_identity()
s3 = boto3.client("s3")
s3.put_object(Bucket="vault", Key="boto", Body=b"over TLS")
url = s3.generate_presigned_url("get_object", Params={"Bucket": "vault", "Key": "boto"})
trusting = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
trusting.verify_flags |= ssl.VERIFY_X509_STRICT  # the default of later Pythons
print(urllib.request.urlopen(url, context=trusting).read().decode())

del os.environ["AWS_CA_BUNDLE"]
try:
    boto3.Session().client("sts").get_caller_identity()
    sys.exit("a certificate that nobody trusts was taken")
except botocore.exceptions.SSLError:
    print("not trusted")
