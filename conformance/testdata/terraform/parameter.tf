# Parameters of Parameter Store as Terraform manages them.
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

resource "aws_ssm_parameter" "text" {
  name        = "/shop/database/host"
  description = "where the database is"
  type        = "String"
  value       = var.value
  tags        = { team = var.value }
}

resource "aws_ssm_parameter" "list" {
  name            = "zones"
  type            = "StringList"
  value           = "a,b,c"
  allowed_pattern = "^[a-z,]+$"
  overwrite       = true
}

data "aws_ssm_parameter" "text" {
  name = aws_ssm_parameter.text.name
}

data "aws_ssm_parameters_by_path" "shop" {
  path       = "/shop"
  recursive  = true
  depends_on = [aws_ssm_parameter.text]
}

output "seen" {
  value = "${nonsensitive(data.aws_ssm_parameter.text.value)} ${join(",", data.aws_ssm_parameters_by_path.shop.names)}"
}
