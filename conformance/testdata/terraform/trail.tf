# Trails with the policy of their bucket, of one region and of all, with both forms of
# selectors, insights and a key, as Terraform manages them.
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

data "aws_caller_identity" "me" {}
data "aws_region" "here" {}

locals {
  account = data.aws_caller_identity.me.account_id
  trails  = "arn:aws:cloudtrail:${data.aws_region.here.name}:${local.account}:trail"
}

resource "aws_s3_bucket" "logs" {
  bucket        = "trail-logs-terraform"
  force_destroy = true
}

resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.logs.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Check"
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:GetBucketAcl"
        Resource  = aws_s3_bucket.logs.arn
        Condition = { StringLike = { "aws:SourceArn" = "${local.trails}/*" } }
      },
      {
        Sid       = "Write"
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${aws_s3_bucket.logs.arn}/*/AWSLogs/${local.account}/*"
        Condition = { StringEquals = { "s3:x-amz-acl" = "bucket-owner-full-control", "aws:SourceAccount" = local.account } }
      },
    ]
  })
}

resource "aws_kms_key" "logs" {
  deletion_window_in_days = 7
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Account", Effect = "Allow", Action = "kms:*", Resource = "*", Principal = { AWS = "arn:aws:iam::${local.account}:root" } },
      {
        Sid       = "Trails"
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = ["kms:GenerateDataKey*", "kms:DescribeKey"]
        Resource  = "*"
        Condition = { StringLike = { "kms:EncryptionContext:aws:cloudtrail:arn" = "${local.trails}/*" } }
      },
    ]
  })
}

resource "aws_cloudtrail" "all" {
  name                       = "all-regions"
  s3_bucket_name             = aws_s3_bucket.logs.id
  s3_key_prefix              = "all-${var.value}"
  is_multi_region_trail      = true
  enable_log_file_validation = var.value == "another"
  kms_key_id                 = aws_kms_key.logs.arn
  tags                       = { team = var.value }

  event_selector {
    read_write_type                  = var.value == "one" ? "WriteOnly" : "All"
    include_management_events        = true
    exclude_management_event_sources = ["kms.amazonaws.com"]

    data_resource {
      type   = "AWS::S3::Object"
      values = ["${aws_s3_bucket.logs.arn}/${var.value}/"]
    }
    data_resource {
      type   = "AWS::Lambda::Function"
      values = ["arn:aws:lambda"]
    }
  }

  insight_selector {
    insight_type = "ApiCallRateInsight"
  }

  depends_on = [aws_s3_bucket_policy.logs]
}

resource "aws_cloudtrail" "one" {
  name                          = "one.region"
  s3_bucket_name                = aws_s3_bucket.logs.id
  s3_key_prefix                 = "one"
  include_global_service_events = false
  enable_logging                = var.value == "another"

  advanced_event_selector {
    name = "writes"
    field_selector {
      field  = "eventCategory"
      equals = ["Management"]
    }
    field_selector {
      field  = "readOnly"
      equals = ["false"]
    }
  }
  advanced_event_selector {
    name = "objects"
    field_selector {
      field  = "eventCategory"
      equals = ["Data"]
    }
    field_selector {
      field  = "resources.type"
      equals = ["AWS::S3::Object"]
    }
    field_selector {
      field           = "resources.ARN"
      not_starts_with = ["${aws_s3_bucket.logs.arn}/"]
    }
    field_selector {
      field       = "eventName"
      starts_with = ["Put", var.value == "one" ? "Get" : "Delete"]
    }
  }

  depends_on = [aws_s3_bucket_policy.logs]
}

output "seen" {
  value = "${aws_cloudtrail.all.arn} ${aws_cloudtrail.all.home_region} ${aws_cloudtrail.one.id}"
}
