package sns

import (
	"context"
	"crypto/md5" //nolint:gosec // the sum by which AWS's lines tell messages
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/sillok/sillok/internal/bus"
)

// statusLine is what is written of one delivery.
type statusLine struct {
	Notification statusOf       `json:"notification"`
	Delivery     statusDelivery `json:"delivery"`
	Status       string         `json:"status"`
}

type statusOf struct {
	MD5       string `json:"messageMD5Sum"`
	MessageID string `json:"messageId"`
	Topic     string `json:"topicArn"`
	Timestamp string `json:"timestamp"`
}

type statusDelivery struct {
	ID          string `json:"deliveryId"`
	Destination string `json:"destination"`
	Response    string `json:"providerResponse"`
	Dwell       int64  `json:"dwellTimeMs"`
	Status      int    `json:"statusCode,omitempty"`
	Attempts    int    `json:"attempts"`
}

// families are how attributes of topics call protocols.
var families = map[string]string{"http": "HTTP", "https": "HTTP", "application": "Application", "lambda": "Lambda", "sqs": "SQS", "firehose": "Firehose"}

// tell writes what became of a delivery, where the topic asks for that. That it cannot be
// written is told to the operator, and holds nothing up.
func (s *Service) tell(ctx context.Context, p *parcel, r reply, taken bool) {
	family := families[p.sub.Protocol]
	verdict, role := "SUCCESS", p.of.Attributes[family+"SuccessFeedbackRoleArn"]
	group := "sns/" + string(p.topic.Region) + "/" + string(p.topic.Account) + "/" + p.topic.Resource
	if taken {
		rate := 100
		if text := p.of.Attributes[family+"SuccessFeedbackSampleRate"]; text != "" {
			rate, _ = strconv.Atoi(text) // it was checked
		}
		if rand.IntN(100) >= rate { //nolint:gosec // it is for a sample
			return
		}
	} else {
		verdict, role = "FAILURE", p.of.Attributes[family+"FailureFeedbackRoleArn"]
		group += "/Failure"
	}
	if family == "" || role == "" || s.cfg.Status == nil {
		return
	}
	now := time.Now().UTC()
	sum := md5.Sum([]byte(p.Message)) //nolint:gosec // the same
	attempts := 1
	if n, err := strconv.Atoi(p.d.Attributes[bus.AttributeRetries]); err == nil {
		attempts = n + 1
	}
	line, err := json.Marshal(statusLine{
		Notification: statusOf{hex.EncodeToString(sum[:]), p.ID, p.topic.String(), p.Time.UTC().Format("2006-01-02 15:04:05.000")},
		Delivery:     statusDelivery{p.d.ID, p.sub.Endpoint, r.text, now.Sub(p.Time).Milliseconds(), r.status, attempts},
		Status:       verdict,
	})
	if err == nil {
		err = s.cfg.Status.Write(ctx, p.topic, role, group, string(line), now)
	}
	if err != nil {
		s.cfg.Log.WarnContext(ctx, "what became of a delivery was not written into its log group", "topic", p.topic.String(), "group", group, "error", err)
	}
}
