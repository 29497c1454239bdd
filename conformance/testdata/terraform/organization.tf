# An organization with units, an account and a policy as Terraform manages them.
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

resource "aws_organizations_organization" "all" {
  feature_set                   = "ALL"
  enabled_policy_types          = ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"]
  aws_service_access_principals = ["cloudtrail.amazonaws.com", "config.amazonaws.com"]
}

resource "aws_organizations_organizational_unit" "teams" {
  name      = "teams ${var.value}"
  parent_id = aws_organizations_organization.all.roots[0].id
  tags      = { value = var.value }
}

resource "aws_organizations_organizational_unit" "logs" {
  name      = "logs"
  parent_id = aws_organizations_organizational_unit.teams.id
}

resource "aws_organizations_account" "logs" {
  name      = "logs"
  email     = "logs@storage.example"
  parent_id = var.value == "one" ? aws_organizations_organizational_unit.teams.id : aws_organizations_organizational_unit.logs.id
  tags      = { value = var.value }
}

data "aws_iam_policy_document" "deny" {
  statement {
    sid       = "Keep"
    effect    = "Deny"
    actions   = ["s3:DeleteBucket", "cloudtrail:StopLogging"]
    resources = ["*"]
    condition {
      test     = "StringNotLike"
      variable = "aws:PrincipalArn"
      values   = ["arn:aws:iam::*:role/${var.value}"]
    }
  }
}

resource "aws_organizations_policy" "deny" {
  name        = "keep ${var.value}"
  description = "what is recorded stays, ${var.value}"
  content     = data.aws_iam_policy_document.deny.json
  tags        = { value = var.value }
  depends_on  = [aws_organizations_organization.all] # which it does not name
}

resource "aws_organizations_policy" "members" {
  name = "members alone"
  type = "RESOURCE_CONTROL_POLICY"
  content = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Deny", Principal = "*", Action = "s3:*", Resource = "*"
      Condition = { StringNotEqualsIfExists = { "aws:PrincipalOrgID" = aws_organizations_organization.all.id }, BoolIfExists = { "aws:PrincipalIsAWSService" = "false" } }
    }]
  })
}

resource "aws_organizations_policy_attachment" "unit" {
  policy_id = aws_organizations_policy.deny.id
  target_id = aws_organizations_organizational_unit.teams.id
}

resource "aws_organizations_policy_attachment" "account" {
  policy_id = aws_organizations_policy.members.id
  target_id = aws_organizations_account.logs.id
}

resource "aws_organizations_delegated_administrator" "config" {
  account_id        = aws_organizations_account.logs.id
  service_principal = "config.amazonaws.com"
}

resource "aws_organizations_resource_policy" "all" {
  content = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid = "Look", Effect = "Allow", Principal = { AWS = "arn:aws:iam::${aws_organizations_account.logs.id}:root" }, Action = "organizations:ListAccounts", Resource = "*"
    }]
  })
}

data "aws_organizations_organization" "seen" {
  depends_on = [aws_organizations_account.logs]
}

output "seen" {
  value = "${length(data.aws_organizations_organization.seen.accounts)} ${aws_organizations_account.logs.status} ${aws_organizations_organizational_unit.logs.name}"
}
