package format

import (
	"sync"

	"github.com/sillok/sillok/internal/lake/jsonrecord"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// records is a log of JSON records.
type records struct{ *jsonrecord.Schema }

// Name returns the log's name, such as "cloudtrail".
func (r records) Name() string { return r.Schema.Name }

// Key returns the name, the versions of the reader and of the schema, and where a
// table has it in another shape.
func (r records) Key() []string {
	return append([]string{r.Schema.Name, recordsVersion, r.Version}, r.Shapes...)
}

const recordsVersion = "1"

// Bind says how to read the columns, by name.
func (r records) Bind(columns []Column, _ shadow.Info) ([]Binding, error) {
	return r.Schema.Bind(columns)
}

// BindKey says how to read what a record says of its account, region or date.
func (r records) BindKey(name string, _ shadow.Info) (Binding, bool) { return r.Schema.BindKey(name) }

// openTrail opens a table of CloudTrail's SerDe.
func openTrail(t Table) (Format, error) {
	trail := cloudTrail().(records) //nolint:forcetypeassert,errcheck // once makes nothing else
	return records{trail.For(t.Columns)}, nil
}

// once makes a schema when it is first asked for.
func once(schema jsonrecord.Schema, members string) func() Known {
	return sync.OnceValue(func() Known {
		schema.Members = jsonrecord.Parse(members)
		return records{&schema}
	})
}

// cloudTrail reads CloudTrail: log files, answers of lookup-events, downloads of
// the event history, exports of CloudTrail Lake, and Insights events. The members
// are those that the CloudTrail user guide describes, up to eventVersion 1.11.
var cloudTrail = once(jsonrecord.Schema{
	Name: "cloudtrail", Version: "3",
	Must:   []string{"eventversion", "eventtime"},
	Arrays: []string{"records", "events"},
	Inner:  []string{"cloudtrailevent", "eventjson"},
	Keys:   jsonrecord.Keys{Account: []string{"recipientaccountid", "useridentity.accountid"}, Region: []string{"awsregion"}, Date: []string{"eventtime"}},
	CSV:    map[string]string{"awsaccesskey": "useridentity.accesskeyid", "username": "useridentity.username"},
}, `
eventversion
useridentity struct<type:string,principalid:string,arn:string,accountid:string,accesskeyid:string,username:string,invokedby:string,identityprovider:string,credentialid:string,onbehalfof:struct<userid:string,identitystorearn:string>,inscopeof:struct<issuertype:string,credentialsissuedto:string,sourcearn:string,sourceaccount:string>,sessioncontext:struct<attributes:struct<mfaauthenticated:string,creationdate:string>,sessionissuer:struct<type:string,principalid:string,arn:string,accountid:string,username:string>,ec2roledelivery:string,sourceidentity:string,assumedroot:string,webidfederationdata:struct<federatedprovider:string,attributes:map<string,string>>>>
eventtime
eventsource
eventname
awsregion
sourceipaddress
useragent
errorcode
errormessage
requestparameters
responseelements
additionaleventdata
requestid string unique
eventid string unique
readonly
resources array<struct<arn:string,accountid:string,type:string>>
eventtype
apiversion
managementevent
recipientaccountid
serviceeventdetails
sharedeventid
vpcendpointid
vpcendpointaccountid
eventcategory
addendum struct<reason:string,updatedfields:string,originalrequestid:string,originaleventid:string>
sessioncredentialfromconsole
edgedevicedetails
tlsdetails struct<tlsversion:string,ciphersuite:string,clientprovidedhostheader:string>
insightdetails
eventcontext
`)

// cloudTrailLake is CloudTrail's records as event data stores have them: what differs in
// each event is a map of texts, in which what is no text is JSON. Events of other software
// and Insights are among them.
var cloudTrailLake = once(jsonrecord.Schema{
	Name: "cloudtrail_lake", Version: "1",
	Must: []string{"eventversion", "eventtime"},
	Keys: jsonrecord.Keys{Account: []string{"recipientaccountid"}, Region: []string{"awsregion"}, Date: []string{"eventtime"}},
}, `
eventversion
useridentity struct<type:string,principalid:string,arn:string,accountid:string,accesskeyid:string,username:string,sessioncontext:struct<attributes:struct<creationdate:string,mfaauthenticated:string>,sessionissuer:struct<type:string,principalid:string,arn:string,accountid:string,username:string>,webidfederationdata:struct<federatedprovider:string,attributes:map<string,string>>,sourceidentity:string,ec2roledelivery:string,ec2issuedinvpc:string>,onbehalfof:struct<userid:string,identitystorearn:string>,inscopeof:struct<sourcearn:string,sourceaccount:string,issuertype:string,credentialsissuedto:string>,invokedby:string,identityprovider:string>
eventtime
eventsource
eventname
awsregion
sourceipaddress
useragent
errorcode
errormessage
requestparameters map<string,string>
responseelements map<string,string>
additionaleventdata map<string,string>
requestid string unique
eventid string unique
readonly
resources array<struct<accountid:string,type:string,arn:string,arnprefix:string>>
eventtype
apiversion
managementevent
recipientaccountid
sharedeventid
vpcendpointid
vpcendpointaccountid
eventcategory
addendum struct<reason:string,updatedfields:string,originalrequestid:string,originaleventid:string>
sessioncredentialfromconsole
edgedevicedetails map<string,string>
tlsdetails struct<tlsversion:string,ciphersuite:string,clientprovidedhostheader:string>
serviceeventdetails map<string,string>
insightdetails map<string,string>
insightsource
metadata struct<ingestiontime:string,channelarn:string>
eventdata struct<version:string,useridentity:struct<type:string,principalid:string,details:map<string,string>>,useragent:string,eventsource:string,eventname:string,eventtime:string,uid:string,requestparameters:map<string,string>,responseelements:map<string,string>,errorcode:string,errormessage:string,sourceipaddress:string,recipientaccountid:string,additionaleventdata:map<string,string>>
`)

const wafMatch = "array<struct<conditiontype:string,sensitivitylevel:string,location:string,matcheddata:array<string>,matchedfieldname:string>>"

const wafRule = "struct<ruleid:string,action:string,overriddenaction:string,rulematchdetails:" + wafMatch +
	",captcharesponse:struct<responsecode:string,solvetimestamp:string,failurereason:string>,challengeresponse:struct<responsecode:string,solvetimestamp:string,failurereason:string>>"

// waf reads the logs of AWS WAF.
var waf = once(jsonrecord.Schema{
	Name: "waf", Version: "1",
	Must: []string{"webaclid", "httprequest"},
	Keys: jsonrecord.Keys{Account: []string{"webaclid"}, Region: []string{"webaclid"}, Date: []string{"timestamp"}},
}, `
timestamp bigint
formatversion int
webaclid
terminatingruleid
terminatingruletype
action
terminatingrulematchdetails `+wafMatch+`
httpsourcename
httpsourceid
rulegrouplist array<struct<rulegroupid:string,terminatingrule:`+wafRule+`,nonterminatingmatchingrules:array<`+wafRule+`>,excludedrules:string>>
ratebasedrulelist array<struct<ratebasedruleid:string,ratebasedrulename:string,limitkey:string,maxrateallowed:int,evaluationwindowsec:string,limitvalue:string>>
nonterminatingmatchingrules array<`+wafRule+`>
requestheadersinserted array<struct<name:string,value:string>>
responsecodesent
httprequest struct<clientip:string,country:string,headers:array<struct<name:string,value:string>>,uri:string,args:string,httpversion:string,httpmethod:string,requestid:string,fragment:string,scheme:string,host:string>
labels array<struct<name:string>>
captcharesponse struct<responsecode:string,solvetimestamp:string,failurereason:string>
challengeresponse struct<responsecode:string,solvetimestamp:string,failurereason:string>
ja3fingerprint
ja4fingerprint
oversizefields
requestbodysize int
requestbodysizeinspectedbywaf int
`)

// guardDuty reads the findings that GuardDuty exports.
var guardDuty = once(jsonrecord.Schema{
	Name: "guardduty", Version: "1",
	Must:   []string{"schemaversion", "accountid", "type", "severity"},
	Arrays: []string{"findings"},
	Keys:   jsonrecord.Keys{Account: []string{"accountid"}, Region: []string{"region"}, Date: []string{"updatedat", "createdat"}},
}, `
schemaversion
accountid
log_region=region
partition
id string unique
arn string unique
type
resource
service
severity double
confidence double
createdat
updatedat
title
description
`)

// configItems reads the configuration items of AWS Config's snapshots, history
// files and large notifications: a row an item.
var configItems = once(jsonrecord.Schema{
	Name: "config", Version: "1",
	Must:   []string{"resourcetype", "configurationitemcapturetime"},
	Arrays: []string{"configurationitems"},
	Sure:   []string{"configurationitems"},
	Keys:   jsonrecord.Keys{Account: []string{"awsaccountid"}, Region: []string{"awsregion"}, Date: []string{"configurationitemcapturetime"}},
}, `
configurationitemversion
configurationitemcapturetime
configurationstateid bigint
awsaccountid
configurationitemstatus
resourcetype
resourceid
resourcename
arn
awsregion
availabilityzone
configurationstatemd5hash
configuration
supplementaryconfiguration map<string,string>
tags map<string,string>
resourcecreationtime
relatedevents array<string>
relationships array<struct<resourcetype:string,resourceid:string,resourcename:string,name:string>>
configurationitemdeliverytime
recordingfrequency
resourcetransitionstatus
`)

// resolver reads the query logs of Route 53 Resolver.
var resolver = once(jsonrecord.Schema{
	Name: "route53_resolver", Version: "1",
	Must: []string{"query_timestamp", "query_name", "query_type"},
	Keys: jsonrecord.Keys{Account: []string{"account_id"}, Region: []string{"region"}, Date: []string{"query_timestamp"}},
}, `
version
account_id
log_region=region
vpc_id
query_timestamp
query_name
query_type
query_class
rcode
answers array<struct<rdata:string,type:string,class:string>>
srcaddr
srcport int
transport
srcids struct<instance:string,resolver_endpoint:string,resolver_network_interface:string>
firewall_rule_group_id
firewall_rule_action
firewall_domain_list_id
`)

// events reads events of EventBridge, as archives and rules deliver them.
var events = once(jsonrecord.Schema{
	Name: "eventbridge", Version: "1",
	Must:   []string{"detail-type", "source", "detail"},
	Arrays: []string{"events"},
	Keys:   jsonrecord.Keys{Account: []string{"account"}, Region: []string{"region"}, Date: []string{"time"}},
}, `
version
id string unique
detail_type=detail-type
source
log_account=account
time
log_region=region
resources array<string>
detail
replay_name=replay-name
`)
