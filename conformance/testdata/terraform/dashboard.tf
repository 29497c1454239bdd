# A dashboard of CloudWatch as Terraform manages it.
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

resource "aws_cloudwatch_dashboard" "shop" {
  dashboard_name = "shop"
  dashboard_body = jsonencode({
    widgets = [
      { type = "text", x = 0, y = 0, width = 24, height = 1, properties = { markdown = var.value } },
      {
        type = "metric", x = 0, y = 1, width = 12, height = 6
        properties = {
          region  = "us-east-1", title = "Latency", view = "timeSeries", stat = "p99"
          metrics = [["Shop", "Latency", "Page", "cart"], ["...", "search"]]
        }
      },
    ]
  })
}

output "seen" {
  value = aws_cloudwatch_dashboard.shop.dashboard_arn
}
