# Metric alarms and composite ones as Terraform manages them.
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

resource "aws_cloudwatch_metric_alarm" "cpu" {
  alarm_name          = "cpu"
  alarm_description   = var.value
  namespace           = "AWS/EC2"
  metric_name         = "CPUUtilization"
  dimensions          = { InstanceId = "i-1" }
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = var.value == "one" ? 2 : 3
  threshold           = var.value == "one" ? 80.5 : 90
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  unit                = "Percent"
  alarm_actions       = ["arn:aws:sns:ap-northeast-2:111122223333:alerts"]
  ok_actions          = ["arn:aws:sns:ap-northeast-2:111122223333:alerts"]
  tags                = { team = var.value }
}

resource "aws_cloudwatch_metric_alarm" "slow" {
  alarm_name                            = "slow"
  namespace                             = "shop"
  metric_name                           = "latency"
  extended_statistic                    = "p99"
  period                                = 10
  evaluation_periods                    = 1
  threshold                             = 0.5
  comparison_operator                   = "GreaterThanOrEqualToThreshold"
  evaluate_low_sample_count_percentiles = "ignore"
  actions_enabled                       = var.value == "one"
}

resource "aws_cloudwatch_metric_alarm" "share" {
  alarm_name          = "share"
  evaluation_periods  = 1
  threshold           = 5
  comparison_operator = "GreaterThanThreshold"

  metric_query {
    id          = "e1"
    expression  = "100 * m1 / m2"
    label       = var.value
    return_data = true
  }

  metric_query {
    id = "m1"
    metric {
      namespace   = "shop"
      metric_name = "errors"
      period      = 60
      stat        = "Sum"
      unit        = "Count"
    }
  }

  metric_query {
    id = "m2"
    metric {
      namespace   = "shop"
      metric_name = "requests"
      period      = 60
      stat        = "Sum"
      dimensions  = { Page = "cart" }
    }
  }
}

resource "aws_cloudwatch_composite_alarm" "any" {
  alarm_name        = "any"
  alarm_description = var.value
  alarm_rule        = var.value == "one" ? "ALARM(${aws_cloudwatch_metric_alarm.cpu.alarm_name}) OR ALARM(${aws_cloudwatch_metric_alarm.slow.alarm_name})" : "ALARM(${aws_cloudwatch_metric_alarm.cpu.alarm_name})"
  alarm_actions     = ["arn:aws:sns:ap-northeast-2:111122223333:alerts"]
  tags              = { team = var.value }

  actions_suppressor {
    alarm            = aws_cloudwatch_metric_alarm.share.alarm_name
    wait_period      = 60
    extension_period = var.value == "one" ? 60 : 120
  }
}

output "seen" {
  value = aws_cloudwatch_composite_alarm.any.arn
}
