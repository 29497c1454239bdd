package rows

import (
	"context"
	"strings"

	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/lake/kept"
	"github.com/sillok/sillok/internal/trail/event"
)

// Table returns an event data store as a table of a query, by its ID and what its
// selectors are of, whoever asks.
func (r *Rows) Table(id string, of event.Category) lake.Table {
	return lake.Table{Name: id, Columns: storeColumns(of), Kept: &lake.Kept{
		Format: "cloudtrail", Ordered: []string{"eventtime"},
		Rows: r.kept.Table(func(context.Context) ([]kept.Asked, error) { return []kept.Asked{{Table: ofStore + id}}, nil }),
	}}
}

// storeColumns returns the columns of event data stores by what they are of, as the user
// guide has them.
//
// See https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-supported-event-schemas.html
func storeColumns(of event.Category) []lake.Column {
	texts := map[event.Category]string{event.Insight: insightColumns, activities: activityColumns}
	text, ok := texts[of]
	if !ok {
		text = eventColumns
	}
	var columns []lake.Column
	for line := range strings.Lines(strings.TrimSpace(text)) {
		name, kind, _ := strings.Cut(strings.TrimSpace(line), " ")
		if kind == "" {
			kind = "string"
		}
		columns = append(columns, lake.Column{Name: name, Type: kind})
	}
	return columns
}

// activities is the category of events of other software.
const activities event.Category = "ActivityAuditLog"

const eventColumns = `
eventversion
useridentity struct<type:string,principalid:string,arn:string,accountid:string,accesskeyid:string,username:string,sessioncontext:struct<attributes:struct<creationdate:timestamp,mfaauthenticated:string>,sessionissuer:struct<type:string,principalid:string,arn:string,accountid:string,username:string>,webidfederationdata:struct<federatedprovider:string,attributes:map<string,string>>,sourceidentity:string,ec2roledelivery:string,ec2issuedinvpc:string>,onbehalfof:struct<userid:string,identitystorearn:string>,inscopeof:struct<sourcearn:string,sourceaccount:string,issuertype:string,credentialsissuedto:string>,invokedby:string,identityprovider:string>
eventtime timestamp
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
requestid
eventid
readonly boolean
resources array<struct<accountid:string,type:string,arn:string,arnprefix:string>>
eventtype
apiversion
managementevent boolean
recipientaccountid
sharedeventid
vpcendpointid
vpcendpointaccountid
eventcategory
addendum struct<reason:string,updatedfields:string,originalrequestid:string,originaleventid:string>
sessioncredentialfromconsole
edgedevicedetails
tlsdetails struct<tlsversion:string,ciphersuite:string,clientprovidedhostheader:string>
serviceeventdetails map<string,string>
insightdetails map<string,string>
`

const insightColumns = `
eventversion
eventcategory
eventtype
eventid
eventtime timestamp
awsregion
recipientaccountid
sharedeventid
addendum struct<reason:string,updatedfields:string,originalrequestid:string,originaleventid:string>
insightsource
insightdetails map<string,string>
`

const activityColumns = `
eventversion
eventcategory
eventtype
eventid
eventtime timestamp
awsregion
recipientaccountid
addendum struct<reason:string,updatedfields:string,originalrequestid:string,originaleventid:string>
metadata struct<ingestiontime:string,channelarn:string>
eventdata struct<version:string,useridentity:struct<type:string,principalid:string,details:map<string,string>>,useragent:string,eventsource:string,eventname:string,eventtime:string,uid:string,requestparameters:map<string,string>,responseelements:map<string,string>,errorcode:string,errormessage:string,sourceipaddress:string,recipientaccountid:string,additionaleventdata:map<string,string>>
`
