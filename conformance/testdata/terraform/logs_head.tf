# What each of the parts in logs_parts.tf is for.
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
  name = "/shop/web"
}
