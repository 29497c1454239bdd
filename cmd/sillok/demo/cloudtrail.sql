CREATE EXTERNAL TABLE IF NOT EXISTS cloudtrail_logs (
  eventversion string,
  useridentity struct<type:string, principalid:string, arn:string, accountid:string, invokedby:string,
    accesskeyid:string, username:string,
    sessioncontext:struct<attributes:struct<mfaauthenticated:string, creationdate:string>,
      sessionissuer:struct<type:string, principalid:string, arn:string, accountid:string, username:string>>>,
  eventtime string, eventsource string, eventname string, awsregion string, sourceipaddress string, useragent string,
  errorcode string, errormessage string, requestparameters string, responseelements string, additionaleventdata string,
  requestid string, eventid string, resources array<struct<arn:string, accountid:string, type:string>>,
  eventtype string, apiversion string, readonly string, recipientaccountid string, serviceeventdetails string,
  sharedeventid string, vpcendpointid string,
  tlsdetails struct<tlsversion:string, ciphersuite:string, clientprovidedhostheader:string>)
PARTITIONED BY (region string, day string)
ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'
STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION 's3://sillok-demo-logs/AWSLogs/111122223333/CloudTrail/'
TBLPROPERTIES (
  'projection.enabled' = 'true', 'projection.region.type' = 'enum', 'projection.region.values' = 'ap-northeast-2',
  'projection.day.type' = 'date', 'projection.day.range' = '2026/01/01,NOW', 'projection.day.format' = 'yyyy/MM/dd',
  'projection.day.interval' = '1', 'projection.day.interval.unit' = 'DAYS',
  'storage.location.template' = 's3://sillok-demo-logs/AWSLogs/111122223333/CloudTrail/${region}/${day}');

SELECT useridentity.arn, eventname, sourceipaddress, eventtime
FROM cloudtrail_logs
WHERE errorcode = 'AccessDenied'
ORDER BY eventtime
LIMIT 10
