"""Runs Athena statements through boto3, one after the other.

Reads {"database": name or null, "output": s3 location, "statements": [sql, ...]} and prints a list of
{"state", "reason", "columns", "rows", "scanned"}; rows are lists of text or null, without the row of names.
"""

import json
import sys
import time

import boto3


def run(athena, request, sql):
    context = {"Catalog": "AwsDataCatalog"}
    if request.get("database"):
        context["Database"] = request["database"]
    query_id = athena.start_query_execution(
        QueryString=sql,
        QueryExecutionContext=context,
        ResultConfiguration={"OutputLocation": request["output"]},
    )["QueryExecutionId"]
    while True:
        execution = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        status = execution["Status"]
        if status["State"] not in ("QUEUED", "RUNNING"):
            break
        time.sleep(0.02)
    answer = {
        "state": status["State"],
        "reason": status.get("StateChangeReason"),
        "scanned": execution["Statistics"]["DataScannedInBytes"],
        "columns": [],
        "rows": [],
    }
    if status["State"] == "SUCCEEDED":
        pages = athena.get_paginator("get_query_results").paginate(
            QueryExecutionId=query_id, PaginationConfig={"PageSize": 100}
        )
        for page in pages:
            info = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
            answer["columns"] = [[column["Name"], column["Type"]] for column in info]
            for row in page["ResultSet"]["Rows"]:
                answer["rows"].append([datum.get("VarCharValue") for datum in row["Data"]])
        if execution["StatementType"] == "DML":
            answer["rows"] = answer["rows"][1:]
    return answer


def main():
    request = json.load(sys.stdin)
    athena = boto3.client("athena")
    json.dump([run(athena, request, sql) for sql in request["statements"]], sys.stdout)


main()
