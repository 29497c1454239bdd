# A bucket with all that Terraform can set of it, and objects.
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  skip_metadata_api_check = true
  s3_use_path_style       = true
}

variable "value" {
  type = string
}

resource "aws_s3_bucket" "logs" {
  bucket        = "terraform-logs"
  force_destroy = true
  tags          = { team = var.value }
}

resource "aws_s3_bucket" "access" {
  bucket        = "terraform-access"
  force_destroy = true
}

resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
    bucket_key_enabled = true
  }
}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket                  = aws_s3_bucket.logs.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "access" {
  bucket = aws_s3_bucket.access.id
  rule {
    object_ownership = "BucketOwnerPreferred"
  }
}

resource "aws_s3_bucket_acl" "access" {
  bucket     = aws_s3_bucket.access.id
  acl        = "log-delivery-write"
  depends_on = [aws_s3_bucket_ownership_controls.access]
}

resource "aws_s3_bucket_logging" "logs" {
  bucket        = aws_s3_bucket.logs.id
  target_bucket = aws_s3_bucket.access.id
  target_prefix = "of/${var.value}/"
  depends_on    = [aws_s3_bucket_acl.access]
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule {
    id     = "old"
    status = "Enabled"
    filter {
      and {
        prefix                   = "AWSLogs/"
        object_size_greater_than = 100
        tags                     = { keep = "no" }
      }
    }
    transition {
      days          = 30
      storage_class = "STANDARD_IA"
    }
    expiration {
      days = 400
    }
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
  }
  rule {
    id     = "uploads"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
    expiration {
      expired_object_delete_marker = true
    }
  }
  depends_on = [aws_s3_bucket_versioning.logs]
}

data "aws_iam_policy_document" "logs" {
  statement {
    sid       = "Trail"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.logs.arn}/AWSLogs/*"]
    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "s3:x-amz-acl"
      values   = ["bucket-owner-full-control"]
    }
  }
  statement {
    sid       = "InsecureTransport"
    effect    = "Deny"
    actions   = ["s3:DeleteBucket"]
    resources = [aws_s3_bucket.logs.arn]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalTag/team"
      values   = ["nobody"]
    }
  }
}

resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.logs.id
  policy = data.aws_iam_policy_document.logs.json
}

resource "aws_s3_bucket_cors_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id
  cors_rule {
    allowed_methods = ["GET", "PUT"]
    allowed_origins = ["https://console.example"]
    allowed_headers = ["*"]
    expose_headers  = ["ETag"]
    max_age_seconds = 300
  }
}

resource "aws_s3_bucket_website_configuration" "access" {
  bucket = aws_s3_bucket.access.id
  index_document {
    suffix = "index.html"
  }
  error_document {
    key = "error.html"
  }
  routing_rule {
    condition {
      key_prefix_equals = "old/"
    }
    redirect {
      replace_key_prefix_with = "new/"
    }
  }
}

resource "aws_s3_bucket_notification" "logs" {
  bucket      = aws_s3_bucket.logs.id
  eventbridge = true
}

resource "aws_s3_bucket_request_payment_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id
  payer  = "Requester"
}

resource "aws_s3_bucket_accelerate_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id
  status = "Enabled"
}

resource "aws_s3_bucket_metric" "logs" {
  bucket = aws_s3_bucket.logs.id
  name   = "all"
}

resource "aws_s3_bucket_analytics_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id
  name   = "all"
}

resource "aws_s3_bucket_inventory" "logs" {
  bucket                   = aws_s3_bucket.logs.id
  name                     = "daily"
  included_object_versions = "All"
  schedule {
    frequency = "Daily"
  }
  destination {
    bucket {
      bucket_arn = aws_s3_bucket.access.arn
      format     = "CSV"
    }
  }
}

resource "aws_s3_bucket_intelligent_tiering_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id
  name   = "all"
  tiering {
    access_tier = "ARCHIVE_ACCESS"
    days        = 90
  }
}

resource "aws_s3_bucket" "locked" {
  bucket              = "terraform-locked"
  object_lock_enabled = true
  force_destroy       = true
}

resource "aws_s3_bucket_object_lock_configuration" "locked" {
  bucket = aws_s3_bucket.locked.id
  rule {
    default_retention {
      mode = "GOVERNANCE"
      days = 1
    }
  }
}

resource "aws_s3_object" "text" {
  bucket        = aws_s3_bucket.logs.id
  key           = "folder/값.txt"
  content       = "hello ${var.value}"
  content_type  = "text/plain"
  cache_control = "max-age=60"
  metadata      = { color = var.value }
  tags          = { team = var.value }
  depends_on    = [aws_s3_bucket_versioning.logs]
}

resource "aws_s3_object" "kept" {
  bucket                        = aws_s3_bucket.locked.id
  key                           = "kept"
  content                       = "evidence"
  force_destroy                 = true
  object_lock_legal_hold_status = "ON"
  object_lock_mode              = "GOVERNANCE"
  object_lock_retain_until_date = "2099-01-01T00:00:00Z"
  depends_on                    = [aws_s3_bucket_object_lock_configuration.locked]
}

resource "aws_s3_object_copy" "copy" {
  bucket            = aws_s3_bucket.access.id
  key               = "copy.txt"
  source            = "${aws_s3_bucket.logs.id}/folder/값.txt"
  tagging_directive = "REPLACE"
  tags              = { team = var.value }
  depends_on        = [aws_s3_object.text]
}

data "aws_s3_object" "text" {
  bucket     = aws_s3_bucket.logs.id
  key        = aws_s3_object.text.key
  depends_on = [aws_s3_object.text]
}

data "aws_s3_objects" "all" {
  bucket     = aws_s3_bucket.logs.id
  depends_on = [aws_s3_object.text]
}

data "aws_s3_bucket_policy" "logs" {
  bucket     = aws_s3_bucket.logs.id
  depends_on = [aws_s3_bucket_policy.logs]
}

output "seen" {
  value = "${data.aws_s3_object.text.body} ${join(",", data.aws_s3_objects.all.keys)}"
}
