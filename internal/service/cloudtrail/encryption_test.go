package cloudtrail_test

import (
	"testing"
	"testing/synctest"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/servicetest"
)

// Who asks a store with a key, or reads what a query of it found, must be allowed to decrypt by
// it, as the key is then.
func TestAStoreWithAKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, withStores(t, &stores{answer: rowsOf(1)})).runs(t)
		arn, id := s.dataStore(t, "audit", func(in *cloudtrailapi.CreateEventDataStoreInput) { in.KmsKeyId = new("alias/logs") })
		if got := servicetest.Must(s.GetEventDataStore(s.ctx, &cloudtrailapi.GetEventDataStoreInput{EventDataStore: &arn}))(t).KmsKeyId; got == nil || *got != keyARN {
			t.Errorf("the key is %v", got)
		}
		sql := "SELECT eventID, eventTime FROM " + id
		q := s.startQuery(t, sql)
		synctest.Wait()
		if got := s.results(t, q); len(got.QueryResultRows) != 1 {
			t.Errorf("the result is %+v", got)
		}
		for refuses, code := range map[string]string{"decrypt": "InsufficientEncryptionPolicyException", "disabled": "KmsKeyDisabledException"} {
			s.around.refuses = refuses
			_, err := s.StartQuery(s.ctx, &cloudtrailapi.StartQueryInput{QueryStatement: &sql})
			servicetest.WantCode(t, err, code)
			_, err = s.GetQueryResults(s.ctx, &cloudtrailapi.GetQueryResultsInput{QueryId: &q})
			servicetest.WantCode(t, err, code)
		}
		s.around.refuses = "key" // CloudTrail itself may not use it
		_, err := s.CreateEventDataStore(s.ctx, &cloudtrailapi.CreateEventDataStoreInput{Name: new("other"), KmsKeyId: new("alias/logs")})
		servicetest.WantCode(t, err, "InsufficientEncryptionPolicyException")
		plain, _ := s.dataStore(t, "plain")
		_, err = s.UpdateEventDataStore(s.ctx, &cloudtrailapi.UpdateEventDataStoreInput{EventDataStore: &plain, KmsKeyId: new("alias/logs")})
		servicetest.WantCode(t, err, "InsufficientEncryptionPolicyException")
		s.around.refuses = ""
		if got := servicetest.Must(s.UpdateEventDataStore(s.ctx, &cloudtrailapi.UpdateEventDataStoreInput{EventDataStore: &plain, KmsKeyId: new("alias/logs")}))(t); *got.KmsKeyId != keyARN {
			t.Errorf("the key is %v", got.KmsKeyId)
		}
	})
}
