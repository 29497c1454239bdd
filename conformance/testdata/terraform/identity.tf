# Users, groups, roles with policies and an instance profile as Terraform manages them.
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

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["vpc-flow-logs.amazonaws.com", "ec2.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.me.account_id]
    }
  }
}

data "aws_iam_policy_document" "read" {
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject", "s3:ListBucket"]
    resources = ["arn:aws:s3:::logs-${var.value}", "arn:aws:s3:::logs-${var.value}/*"]
  }
}

resource "aws_iam_policy" "read" {
  name        = "read-logs"
  path        = "/audit/"
  description = "reads the logs"
  policy      = data.aws_iam_policy_document.read.json
  tags        = { team = var.value }
}

resource "aws_iam_role" "flow" {
  name                 = "flow-logs"
  path                 = "/audit/"
  description          = "writes ${var.value}"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = 7200
  permissions_boundary = aws_iam_policy.read.arn
  tags                 = { team = var.value }
}

resource "aws_iam_role_policy" "inline" {
  name   = "write"
  role   = aws_iam_role.flow.id
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_iam_role_policy_attachment" "read" {
  role       = aws_iam_role.flow.name
  policy_arn = aws_iam_policy.read.arn
}

resource "aws_iam_role_policy_attachment" "provided" {
  role       = aws_iam_role.flow.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_iam_instance_profile" "host" {
  name = "host"
  role = aws_iam_role.flow.name
  tags = { team = var.value }
}

resource "aws_iam_group" "auditors" {
  name = "auditors"
  path = "/audit/"
}

resource "aws_iam_group_policy_attachment" "read" {
  group      = aws_iam_group.auditors.name
  policy_arn = aws_iam_policy.read.arn
}

resource "aws_iam_user" "ann" {
  name          = "ann"
  path          = "/audit/"
  force_destroy = true
  tags          = { team = var.value }
}

resource "aws_iam_user_policy" "inline" {
  name   = "own"
  user   = aws_iam_user.ann.name
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_iam_user_group_membership" "ann" {
  user   = aws_iam_user.ann.name
  groups = [aws_iam_group.auditors.name]
}

resource "aws_iam_access_key" "ann" {
  user = aws_iam_user.ann.name
}

resource "aws_iam_account_alias" "shop" {
  account_alias = "shop-${var.value}"
}

resource "aws_iam_account_password_policy" "strict" {
  minimum_password_length        = 12
  require_numbers                = true
  allow_users_to_change_password = true
}

resource "aws_iam_openid_connect_provider" "ci" {
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_service_linked_role" "config" {
  aws_service_name = "config.amazonaws.com"
}

data "aws_iam_policy" "provided" {
  name = "ReadOnlyAccess"
}

data "aws_iam_role" "seen" {
  name       = aws_iam_role.flow.name
  depends_on = [aws_iam_role_policy.inline]
}

output "seen" {
  value = "${data.aws_iam_role.seen.arn} ${aws_iam_role.flow.description} ${data.aws_iam_policy.provided.arn}"
}
