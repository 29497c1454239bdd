# Event data stores with selectors of both categories, retention, protection and tags, as
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

resource "aws_cloudtrail_event_data_store" "plain" {
  name                           = "plain"
  termination_protection_enabled = false
}

resource "aws_cloudtrail_event_data_store" "chosen" {
  name                           = "chosen-${var.value}"
  billing_mode                   = "EXTENDABLE_RETENTION_PRICING"
  retention_period               = var.value == "one" ? 7 : 2555
  multi_region_enabled           = var.value == "one"
  organization_enabled           = false
  termination_protection_enabled = false

  advanced_event_selector {
    name = "Writes"
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
    name = "Objects"
    field_selector {
      field  = "eventCategory"
      equals = ["Data"]
    }
    field_selector {
      field  = "resources.type"
      equals = ["AWS::S3::Object"]
    }
    field_selector {
      field       = "resources.ARN"
      starts_with = ["arn:aws:s3:::logs-${var.value}/"]
    }
  }

  tags = {
    team = var.value
  }
}

output "seen" {
  value = "${aws_cloudtrail_event_data_store.chosen.name} ${aws_cloudtrail_event_data_store.chosen.retention_period}"
}
