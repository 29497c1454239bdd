"""moto's call that forgets everything, after something of every service was made."""

import os
import time
import urllib.request

import boto3
import botocore
import pytest

BUCKET = "forgotten"


def forget():
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + "/moto-api/reset", method="POST")
    assert urllib.request.urlopen(request).status == 200


def session(credentials):
    return boto3.Session(aws_access_key_id=credentials["AccessKeyId"], aws_secret_access_key=credentials["SecretAccessKey"],
                         aws_session_token=credentials["SessionToken"])


def left():
    """What each listing of each service holds."""
    s3, glue, athena, ssm, iam, kms = (boto3.client(name) for name in ["s3", "glue", "athena", "ssm", "iam", "kms"])
    return {
        "buckets": [b["Name"] for b in s3.list_buckets()["Buckets"]],
        "databases": [d["Name"] for d in glue.get_databases()["DatabaseList"]],
        "tables": [t["Name"] for t in glue.search_tables()["TableList"]],
        "functions": [f["FunctionName"] for f in glue.get_user_defined_functions(Pattern=".*")["UserDefinedFunctions"]],
        "work groups": [g["Name"] for g in athena.list_work_groups()["WorkGroups"]],
        "data catalogs": [c["CatalogName"] for c in athena.list_data_catalogs()["DataCatalogsSummary"]],
        "queries": len(athena.list_query_executions()["QueryExecutionIds"]),
        "named queries": len(athena.list_named_queries()["NamedQueryIds"]),
        "prepared statements": [p["StatementName"] for p in athena.list_prepared_statements(WorkGroup="primary")["PreparedStatements"]],
        "parameters": [p["Name"] for p in ssm.describe_parameters()["Parameters"]],
        "users": [u["UserName"] for u in iam.list_users()["Users"]],
        "keys": len(kms.list_keys()["Keys"]),
    }


def make():
    s3, glue, athena, ssm = (boto3.client(name) for name in ["s3", "glue", "athena", "ssm"])
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": boto3.Session().region_name})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=BUCKET, Key="t/part=1/a.txt", Body=b"1\n")
    s3.put_object(Bucket=BUCKET, Key="large", Body=b"x" * 200_000)
    s3.create_multipart_upload(Bucket=BUCKET, Key="begun")
    glue.create_database(DatabaseInput={"Name": "d"}, Tags={"team": "a"})
    glue.create_user_defined_function(DatabaseName="d", FunctionInput={"FunctionName": "f"})
    glue.create_table(DatabaseName="d", PartitionIndexes=[{"IndexName": "i", "Keys": ["part"]}], TableInput={
        "Name": "t", "PartitionKeys": [{"Name": "part", "Type": "int"}], "StorageDescriptor": {
            "Columns": [{"Name": "x", "Type": "int"}], "Location": f"s3://{BUCKET}/t/", "SerdeInfo": {},
        }})
    glue.create_partition(DatabaseName="d", TableName="t", PartitionInput={"Values": ["1"], "StorageDescriptor": {"Location": f"s3://{BUCKET}/t/part=1/"}})
    athena.create_work_group(Name="g", Tags=[{"Key": "team", "Value": "a"}])
    athena.create_data_catalog(Name="c", Type="GLUE")
    athena.create_named_query(Name="n", Database="d", QueryString="SELECT 1")
    athena.create_prepared_statement(StatementName="prepared", WorkGroup="primary", QueryStatement="SELECT 1")
    ssm.put_parameter(Name="a", Type="String", Value="b")
    token = "0123456789012345678901234567890123"
    ids = [athena.start_query_execution(QueryString=sql, ClientRequestToken=token + str(i), ResultConfiguration={"OutputLocation": f"s3://{BUCKET}/results/"})["QueryExecutionId"]
           for i, sql in enumerate(["SELECT x FROM d.t", "SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS a(x) CROSS JOIN UNNEST(sequence(1, 10000)) AS b(y)"])]
    while athena.get_query_execution(QueryExecutionId=ids[0])["QueryExecution"]["Status"]["State"] in ("QUEUED", "RUNNING"):
        time.sleep(0.05)
    boto3.client("kms").create_key()
    iam = boto3.client("iam")
    iam.create_user(UserName="u")
    key = iam.create_access_key(UserName="u")["AccessKey"]
    user = boto3.Session(aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    return user.client("sts").get_session_token()["Credentials"]


NOTHING = {
    "buckets": [], "databases": [], "tables": [], "functions": [], "work groups": ["primary"], "data catalogs": ["AwsDataCatalog"], "queries": 0,
    "named queries": 0, "prepared statements": [], "parameters": [], "users": [], "keys": 0,
}


@pytest.mark.parametrize("time", ["first", "again"])
def test_everything_is_forgotten(time):
    forget()
    assert left() == NOTHING
    credentials = make()
    full = left()
    assert all(full[of] != NOTHING[of] for of in NOTHING), full
    assert session(credentials).client("sts").get_caller_identity()["Arn"].endswith(":user/u")
    forget()
    assert left() == NOTHING
    with pytest.raises(botocore.exceptions.ClientError, match="InvalidClientTokenId|UnrecognizedClientException|invalid"):
        session(credentials).client("sts").get_caller_identity()
    arn = f"arn:aws:glue:{boto3.Session().region_name}:{boto3.client('sts').get_caller_identity()['Account']}:database/d"
    boto3.client("glue").create_database(DatabaseInput={"Name": "d"})
    assert boto3.client("glue").get_tags(ResourceArn=arn)["Tags"] == {}


def test_sessions():
    """The credentials of a session do what their owner may, with their token and in no other way."""
    credentials = boto3.client("sts").get_session_token(DurationSeconds=900)["Credentials"]
    theirs = session(credentials)
    theirs.client("s3").create_bucket(Bucket="of-a-session", CreateBucketConfiguration={"LocationConstraint": theirs.region_name})
    theirs.client("s3").put_object(Bucket="of-a-session", Key="a", Body=b"hello")
    assert boto3.client("s3").get_object(Bucket="of-a-session", Key="a")["Body"].read() == b"hello"
    url = theirs.client("s3").generate_presigned_url("get_object", Params={"Bucket": "of-a-session", "Key": "a"})
    assert urllib.request.urlopen(url).read() == b"hello"
    assert theirs.client("sts").get_access_key_info(AccessKeyId=credentials["AccessKeyId"])["Account"] == theirs.client("sts").get_caller_identity()["Account"]
    for wrong in [{"SessionToken": "x"}, {"SessionToken": None}, {"SecretAccessKey": "x"}]:
        with pytest.raises(botocore.exceptions.ClientError):
            session(credentials | wrong).client("sts").get_caller_identity()
    with pytest.raises(botocore.exceptions.ClientError, match="session credentials"):
        theirs.client("sts").get_session_token()
