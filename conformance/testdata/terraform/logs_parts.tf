# PutDataProtectionPolicy
resource "aws_cloudwatch_log_data_protection_policy" "web" {
  log_group_name = aws_cloudwatch_log_group.web.name
  policy_document = jsonencode({
    Name    = var.value
    Version = "2021-06-01"
    Statement = [
      { Sid = "audit", DataIdentifier = ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"], Operation = { Audit = { FindingsDestination = {} } } },
      { Sid = "mask", DataIdentifier = ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"], Operation = { Deidentify = { MaskConfig = {} } } },
    ]
  })
}

# PutAccountPolicy
resource "aws_cloudwatch_log_account_policy" "mail" {
  policy_name = "mail"
  policy_type = "DATA_PROTECTION_POLICY"
  policy_document = jsonencode({
    Name    = var.value
    Version = "2021-06-01"
    Statement = [
      { Sid = "audit", DataIdentifier = ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"], Operation = { Audit = { FindingsDestination = {} } } },
      { Sid = "mask", DataIdentifier = ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"], Operation = { Deidentify = { MaskConfig = {} } } },
    ]
  })
}

# PutIndexPolicy
resource "aws_cloudwatch_log_index_policy" "web" {
  log_group_name  = aws_cloudwatch_log_group.web.name
  policy_document = jsonencode({ Fields = [var.value] })
}

# PutSubscriptionFilter
resource "aws_cloudwatch_log_subscription_filter" "web" {
  name            = var.value
  log_group_name  = aws_cloudwatch_log_group.web.name
  filter_pattern  = ""
  destination_arn = "arn:aws:kinesis:ap-northeast-2:111122223333:stream/s"
  role_arn        = "arn:aws:iam::111122223333:role/r"
}
