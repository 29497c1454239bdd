# Keys with aliases, policies and grants, and a parameter that one encrypts, as
# Terraform manages them.
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

resource "aws_iam_role" "app" {
  name = "keys"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_kms_key" "data" {
  description             = "data ${var.value}"
  deletion_window_in_days = 7
  enable_key_rotation     = true
  tags                    = { team = var.value }
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Account", Effect = "Allow", Action = "kms:*", Resource = "*", Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" } },
      { Sid = var.value, Effect = "Allow", Action = "kms:Decrypt", Resource = "*", Principal = { AWS = aws_iam_role.app.arn } },
    ]
  })
}

resource "aws_kms_key" "signing" {
  customer_master_key_spec = "ECC_NIST_P256"
  key_usage                = "SIGN_VERIFY"
  is_enabled               = var.value == "one"
  deletion_window_in_days  = 7
}

resource "aws_kms_alias" "data" {
  name          = "alias/terraform/data"
  target_key_id = aws_kms_key.data.key_id
}

resource "aws_kms_grant" "app" {
  name              = "app-${var.value}"
  key_id            = aws_kms_key.data.key_id
  grantee_principal = aws_iam_role.app.arn
  operations        = ["Encrypt", "Decrypt", "GenerateDataKey"]
  constraints {
    encryption_context_subset = { purpose = var.value }
  }
}

resource "aws_ssm_parameter" "password" {
  name   = "/terraform/password"
  type   = "SecureString"
  key_id = aws_kms_alias.data.name
  value  = "secret ${var.value}"
}

data "aws_kms_alias" "data" {
  name       = "alias/terraform/data"
  depends_on = [aws_kms_alias.data]
}

output "seen" {
  value = data.aws_kms_alias.data.target_key_id == aws_kms_key.data.key_id ? nonsensitive(aws_ssm_parameter.password.value) : "another key"
}
