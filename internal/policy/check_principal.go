package policy

import (
	"fmt"
	"strings"
)

// checkPrincipals refuses principals where they have no place, and what is none.
func (p *parser) checkPrincipals(s *raw) string {
	named := s.elements["Principal"] || s.elements["NotPrincipal"]
	switch p.kind {
	case Resource, Trust:
	case ResourceControl:
		if s.elements["NotPrincipal"] {
			return fmt.Sprintf(prohibited, "NotPrincipal")
		}
		if named && (len(s.principals) != 1 || s.principals[0].name != everybody) {
			return errPrincipal + `: only "*" may be named`
		}
	default:
		switch {
		case s.elements["Principal"]:
			return fmt.Sprintf(prohibited, "Principal")
		case named:
			return fmt.Sprintf(prohibited, "NotPrincipal")
		}
	}
	if named && len(s.principals) == 0 {
		return errPrincipal
	}
	for _, f := range s.principals {
		texts, _ := p.textsOf(&f.value)
		if len(texts) == 0 {
			return p.says(syntax, errPrincipal)
		}
		for _, text := range texts {
			if !p.isPrincipal(f.name, text) {
				typ := strings.ToUpper(f.name)
				if f.name == everybody {
					typ = "AWS"
				}
				return p.says(fmt.Sprintf(principalNamed, errPrincipal, typ, text), errPrincipal)
			}
		}
	}
	return ""
}

// isPrincipal reports whether text has the form of a principal of that type.
func (p *parser) isPrincipal(typ, text string) bool {
	switch typ {
	case everybody:
		return text == everybody
	case "AWS":
		return text == everybody || isAccount(text) || isUniqueID(text) || isIdentity(text)
	case "Service":
		return isService(text)
	case "Federated":
		return text != "" && !strings.ContainsAny(text, "*? ")
	case "CanonicalUser":
		const length = 64
		return p.kind == Resource && len(text) == length && strings.Trim(text, "0123456789abcdef") == ""
	}
	return false
}

func isAccount(text string) bool {
	const length = 12
	return len(text) == length && digits(text)
}

// isUniqueID reports whether text has the form of the unique ID of a user, a role
// or another identity, such as AIDACKCEVSQ6C2EXAMPLE.
func isUniqueID(text string) bool {
	const least, most = 16, 128
	return len(text) >= least && len(text) <= most && text[0] == 'A' && strings.Trim(text, alphanumeric[:36]) == ""
}

// isIdentity reports whether text is the ARN of somebody who can make a call.
func isIdentity(text string) bool {
	segments := splitARN(text, false)
	if len(segments) != arnSegments || segments[0] != "arn" || segments[1] == "" || segments[3] != "" || strings.ContainsAny(text, "*?") {
		return false
	}
	// CloudFront's origin access identities are users of no account.
	if !isAccount(segments[4]) && segments[4] != "cloudfront" {
		return false
	}
	kind, name, _ := strings.Cut(segments[5], "/")
	switch segments[2] {
	case "iam":
		return segments[5] == "root" || name != "" && (kind == "user" || kind == "role")
	case "sts":
		_, session, _ := strings.Cut(name, "/")
		return kind == "federated-user" && name != "" || kind == "assumed-role" && session != ""
	}
	return false
}

// isService reports whether text is named as AWS's services are.
func isService(text string) bool {
	for _, domain := range []string{".amazonaws.com", ".amazonaws.com.cn", ".amazon.com", ".aws.internal"} {
		if name, ok := strings.CutSuffix(text, domain); ok {
			return name != "" && strings.Trim(name, alphanumeric+"-._") == ""
		}
	}
	return false
}

// compilePrincipals compiles what a statement's Principal or NotPrincipal names.
func (p *parser) compilePrincipals(s *raw) *principals {
	if !s.elements["Principal"] && !s.elements["NotPrincipal"] {
		return nil
	}
	c := &principals{}
	for _, f := range s.principals {
		texts, _ := p.textsOf(&f.value)
		for _, text := range texts {
			c.add(f.name, text)
		}
	}
	return c
}

func (p *principals) add(typ, text string) {
	switch typ {
	case "Service":
		p.services = append(p.services, text)
	case "Federated":
		p.providers = append(p.providers, text)
	case "CanonicalUser":
		p.canonical = append(p.canonical, text)
	default:
		segments := splitARN(text, false)
		switch {
		case text == everybody:
			p.everybody = true
		case isAccount(text):
			p.accounts = append(p.accounts, text)
		case len(segments) == arnSegments && segments[2] == "iam" && segments[5] == "root":
			p.accounts = append(p.accounts, segments[4])
		default:
			p.names = append(p.names, text)
		}
	}
}
