package s3

import (
	"encoding/json"
	"sync"

	"github.com/sillok/sillok/internal/policy"
)

// maxCompiled is how many compiled policies are remembered.
const maxCompiled = 1024

// compiledPolicy is a bucket's policy as it is decided by.
type compiledPolicy struct {
	whole  *policy.Document
	denies *policy.Document // its statements that deny, nil for none
	public bool
}

// policyCache remembers compiled policies by their texts, so that a call does not
// parse. It is safe for concurrent use.
type policyCache struct {
	mu       sync.Mutex
	compiled map[string]*compiledPolicy
}

// compile returns a policy compiled. The error is S3's MalformedPolicy.
func (c *policyCache) compile(doc string) (*compiledPolicy, error) {
	if found := c.find(doc); found != nil {
		return found, nil
	}
	parsed, err := parsePolicy([]byte(doc))
	if err != nil {
		return nil, err
	}
	p := &compiledPolicy{public: parsed.public()}
	if p.whole, err = policy.Parse(doc, policy.Resource); err != nil {
		return nil, errPolicy(err.Error())
	}
	if denies := denyStatements(doc); denies != "" {
		if p.denies, err = policy.Parse(denies, policy.Resource); err != nil {
			return nil, errPolicy(err.Error())
		}
	}
	c.keep(doc, p)
	return p, nil
}

// parse returns a policy of ours compiled.
func (c *policyCache) parse(doc string) (*policy.Document, error) {
	if found := c.find(doc); found != nil {
		return found.whole, nil
	}
	document, err := policy.Parse(doc, policy.Resource)
	if err == nil {
		c.keep(doc, &compiledPolicy{whole: document})
	}
	return document, err
}

func (c *policyCache) find(doc string) *compiledPolicy {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.compiled[doc]
}

func (c *policyCache) keep(doc string, p *compiledPolicy) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.compiled == nil || len(c.compiled) >= maxCompiled {
		c.compiled = map[string]*compiledPolicy{}
	}
	c.compiled[doc] = p
}

// denyStatements returns a policy with those statements alone that deny, "" where
// there are none.
func denyStatements(doc string) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal([]byte(doc), &fields) != nil {
		return ""
	}
	statements, err := listOf(fields["Statement"])
	if err != nil {
		return ""
	}
	var denies []json.RawMessage
	for _, statement := range statements {
		var effect struct{ Effect string }
		if json.Unmarshal(statement, &effect) == nil && effect.Effect == "Deny" {
			denies = append(denies, statement)
		}
	}
	if denies == nil {
		return ""
	}
	if fields["Statement"], err = json.Marshal(denies); err != nil {
		return ""
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return ""
	}
	return string(text)
}
