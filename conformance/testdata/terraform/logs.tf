# Log groups, streams, metric filters and policies as Terraform manages them.
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  skip_metadata_api_check = true
}

variable "value" {
  type = string
}

resource "aws_cloudwatch_log_group" "web" {
  name              = "/shop/web"
  retention_in_days = var.value == "one" ? 7 : 30
  tags              = { team = var.value }
}

resource "aws_cloudwatch_log_stream" "one" {
  name           = "one"
  log_group_name = aws_cloudwatch_log_group.web.name
}

resource "aws_cloudwatch_log_metric_filter" "errors" {
  name           = "errors"
  pattern        = " [method, path, status = 5*] "
  log_group_name = aws_cloudwatch_log_group.web.name

  metric_transformation {
    name          = var.value
    namespace     = "Shop"
    value         = "1"
    default_value = "0"
  }
}

resource "aws_cloudwatch_log_resource_policy" "search" {
  policy_name = "search"
  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "es.amazonaws.com" }
      Action    = "logs:PutLogEvents"
      Resource  = "${aws_cloudwatch_log_group.web.arn}:*"
    }]
  })
}

resource "aws_cloudwatch_query_definition" "errors" {
  name            = "shop/errors"
  log_group_names = [aws_cloudwatch_log_group.web.name]
  query_string    = "fields @message | limit 5"
}

resource "aws_cloudwatch_log_destination" "central" {
  name       = "central"
  target_arn = "arn:aws:kinesis:ap-northeast-2:111122223333:stream/${var.value}"
  role_arn   = aws_iam_role.destination.arn
}

resource "aws_cloudwatch_log_destination_policy" "central" {
  destination_name = aws_cloudwatch_log_destination.central.name
  access_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = var.value == "one" ? "444455556666" : "777788889999" }
      Action    = "logs:PutSubscriptionFilter"
      Resource  = aws_cloudwatch_log_destination.central.arn
    }]
  })
}

resource "aws_iam_role" "destination" {
  name = "destination"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "logs.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

data "aws_cloudwatch_log_groups" "shop" {
  log_group_name_prefix = "/shop"
  depends_on            = [aws_cloudwatch_log_group.web]
}

output "seen" {
  value = join(",", data.aws_cloudwatch_log_groups.shop.log_group_names)
}
