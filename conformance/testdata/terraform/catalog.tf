# A Glue database with tables, an index and partitions, and all that Athena keeps beside them.
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

data "aws_caller_identity" "me" {}

resource "aws_s3_bucket" "logs" {
  bucket        = "terraform-catalog"
  force_destroy = true
}

resource "aws_glue_catalog_database" "shop" {
  name         = "shop"
  description  = "what ${var.value} sells"
  location_uri = "s3://${aws_s3_bucket.logs.id}/shop/"
  parameters   = { team = var.value }
  tags         = { team = var.value }
}

# A table whose partitions follow from its properties.
resource "aws_glue_catalog_table" "projected" {
  database_name = aws_glue_catalog_database.shop.name
  name          = "projected"
  description   = "made for ${var.value}"
  owner         = "terraform"
  table_type    = "EXTERNAL_TABLE"
  parameters = {
    EXTERNAL                    = "TRUE"
    "projection.enabled"        = "true"
    "projection.day.type"       = "date"
    "projection.day.format"     = "yyyy/MM/dd"
    "projection.day.range"      = "2026/01/01,NOW"
    "storage.location.template" = "s3://${aws_s3_bucket.logs.id}/projected/$${day}/"
    "made.for"                  = var.value
  }
  storage_descriptor {
    location      = "s3://${aws_s3_bucket.logs.id}/projected/"
    input_format  = "org.apache.hadoop.mapred.TextInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
    ser_de_info {
      name                  = "lazy"
      serialization_library = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
      parameters            = { "field.delim" = "," }
    }
    columns {
      name    = "id"
      type    = "bigint"
      comment = "of ${var.value}"
    }
    columns {
      name = "price"
      type = "decimal(10,2)"
    }
  }
  partition_keys {
    name = "day"
    type = "string"
  }
  partition_index {
    index_name = "inside"
    keys       = ["day"]
  }
}

# A table with two indexes beside it, and a partition.
resource "aws_glue_catalog_table" "sales" {
  database_name = aws_glue_catalog_database.shop.name
  name          = "sales"
  table_type    = "EXTERNAL_TABLE"
  storage_descriptor {
    location      = "s3://${aws_s3_bucket.logs.id}/sales/"
    input_format  = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
    ser_de_info {
      serialization_library = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
    }
    columns {
      name = "id"
      type = "bigint"
    }
  }
  partition_keys {
    name = "year"
    type = "int"
  }
  partition_keys {
    name = "day"
    type = "string"
  }
}

resource "aws_glue_partition_index" "by_day" {
  database_name = aws_glue_catalog_database.shop.name
  table_name    = aws_glue_catalog_table.sales.name
  partition_index {
    index_name = "by-day"
    keys       = ["day", "year"]
  }
}

resource "aws_glue_partition_index" "by_year" {
  database_name = aws_glue_catalog_database.shop.name
  table_name    = aws_glue_catalog_table.sales.name
  partition_index {
    index_name = "by-year"
    keys       = ["year"]
  }
}

resource "aws_glue_partition" "one" {
  database_name    = aws_glue_catalog_database.shop.name
  table_name       = aws_glue_catalog_table.sales.name
  partition_values = ["2026", "03-01"]
  parameters       = { made = var.value }
  storage_descriptor {
    location = "s3://${aws_s3_bucket.logs.id}/sales/${var.value}/"
    columns {
      name = "id"
      type = "bigint"
    }
  }
}

resource "aws_athena_workgroup" "team" {
  name          = "team"
  description   = "of ${var.value}"
  force_destroy = true
  tags          = { team = var.value }
  configuration {
    enforce_workgroup_configuration    = true
    publish_cloudwatch_metrics_enabled = false
    bytes_scanned_cutoff_per_query     = 10737418240
    result_configuration {
      output_location = "s3://${aws_s3_bucket.logs.id}/results/${var.value}/"
    }
  }
}

resource "aws_athena_data_catalog" "mine" {
  name        = "mine"
  description = "of ${var.value}"
  type        = "GLUE"
  parameters  = { "catalog-id" = data.aws_caller_identity.me.account_id }
  tags        = { team = var.value }
}

resource "aws_athena_named_query" "count" {
  name        = "count"
  description = "of ${var.value}"
  workgroup   = aws_athena_workgroup.team.id
  database    = aws_glue_catalog_database.shop.name
  query       = "SELECT count(*) FROM ${aws_glue_catalog_table.sales.name}"
}

resource "aws_athena_prepared_statement" "cheaper" {
  name            = "cheaper"
  description     = "of ${var.value}"
  workgroup       = aws_athena_workgroup.team.name
  query_statement = "SELECT id FROM shop.projected WHERE price < ? AND '${var.value}' <> ''"
}

# Athena makes this one by a statement.
resource "aws_athena_database" "audit" {
  name          = "audit"
  bucket        = aws_s3_bucket.logs.id
  comment       = "made by Athena"
  force_destroy = true
}

data "aws_glue_catalog_table" "sales" {
  database_name = aws_glue_catalog_database.shop.name
  name          = aws_glue_catalog_table.sales.name
  depends_on    = [aws_glue_partition_index.by_day, aws_glue_partition.one]
}

data "aws_athena_named_query" "count" {
  name       = "count"
  workgroup  = aws_athena_workgroup.team.name
  depends_on = [aws_athena_named_query.count]
}

output "seen" {
  value = join(" ", concat([for c in data.aws_glue_catalog_table.sales.partition_keys : c.name], [data.aws_athena_named_query.count.querystring]))
}
