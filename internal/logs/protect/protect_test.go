package protect_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/logs/protect"
)

const arn = "arn:aws:dataprotection::aws:data-identifier/"

// document is a policy of managed identifiers.
func document(names ...string) string {
	var all []string
	for _, n := range names {
		all = append(all, arn+n)
	}
	list, _ := json.Marshal(all) //nolint:errchkjson // texts
	return fmt.Sprintf(`{"Name": "p", "Description": "d", "Version": "2021-06-01", "Statement": [
		{"Sid": "a", "DataIdentifier": %s, "Operation": {"Audit": {"FindingsDestination": {}}}},
		{"Sid": "m", "DataIdentifier": %s, "Operation": {"Deidentify": {"MaskConfig": {}}}}]}`, list, list)
}

func policy(tb testing.TB, text string) *protect.Policy {
	tb.Helper()
	p, err := protect.Parse(text)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// In what is wanted, < and > stand around what is found.
func TestManagedIdentifiers(t *testing.T) {
	const pem = "-----BEGIN %s-----\nabc\n-----END %s-----"
	key := func(kind string) string { return "<" + strings.ReplaceAll(pem, "%s", kind) + "> rest" }
	for name, texts := range map[string][]string{
		"EmailAddress": {`{"to":"<me.too+x@mail.example.co.kr>","n":1}`, "from <a@b.org>, <c@d.net>.", "me@localhost", "@example.com", "a@b."},
		"IpAddress":    {"from <192.0.2.1>:80 to <10.0.0.255>", "<2001:db8::8a2e:370:7334> and <::1>", "1.2.3.256", "v1.2.3", "at 12:34:56", "1.2.3.4.5x"},
		"CreditCardNumber": {
			"pay <4111111111111111> now", "<4111 1111 1111 1111> 200", "12 <4111-1111-1111-1111>", "<378282246310005>", "<5555555555554444>,<6011111111111117>", "4111111111111112", "0000000000000000", "id 94111111111111111", "x4111111111111111",
			"1767225600000", `{"m":"card\n<4111111111111111>"}`, `{"m":"<4111\u0031111\u002011111111>"}`,
		},
		"CreditCardSecurityCode": {"cvv: <123>", "card_verification_value=<1234>", "code 123", "cvv is far away from what looks like a number: it is 123", "<123> is the CVC2", "discvv 123"},
		"CreditCardExpiration":   {"exp <12/27>", "expiration date: <01/2030>", "12/27", "expiry 13/27"},
		"AwsSecretKey":           {"aws_secret_access_key = <wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY>", "AWS_SECRET_ACCESS_KEY=<wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY>", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "secret key da39a3ee5e6b4b0d3255bfef95601890afd80709"},
		"LatLong":                {"position <37.5665, 126.9780>", "37.5665, 126.9780", "location 95.5, 10.5"},
		"OpenSshPrivateKey":      {key("OPENSSH PRIVATE KEY"), "-----BEGIN OPENSSH PUBLIC KEY-----"}, "PgpPrivateKey": {key("PGP PRIVATE KEY BLOCK")},
		"PkcsPrivateKey": {key("RSA PRIVATE KEY"), key("PRIVATE KEY"), "x<-----BEGIN PRIVATE KEY-----\ncut>"}, "PuttyPrivateKey": {"<PuTTY-User-Key-File-2: ssh-rsa\nPrivate-MAC: 0123ab>\n"},
		"VehicleIdentificationNumber": {"VIN <1HGCM82633A004352>", "1HGCM82633A004353", "12345678901234567"},

		"Ssn-US": {"ssn <123-45-6789>", "Social Security Number: <123456789>", "123-45-6789", "ssn 666-45-6789", "ssn 923-45-6789", "ssn 123-00-6789"}, "BankAccountNumber-US": {"checking account <123456789>", "123456789"},
		"DrugEnforcementAgencyNumber-US": {"DEA number <AB1234563>", "DEA number AB1234564"}, "HealthInsuranceClaimNumber-US": {"HICN <123-45-6789A>"}, "HealthcareProcedureCode-US": {"hcpcs <A1234>", "A1234"},
		"IndividualTaxIdentificationNumber-US": {"ITIN <912-70-1234>", "ITIN 912-49-1234"}, "MedicareBeneficiaryNumber-US": {"MBI <1EG4-TE5-MK73>"}, "NationalDrugCode-US": {"NDC <12345-678-90>"},
		"NationalProviderId-US": {"npi <1234567893>", "npi 1234567890"}, "ZipCode-US": {"zip code <98101-1234>", "98101"}, "PassportNumber-US": {"passport <123456789>", "passport <A12345678>", "passport 12345678"},
		"PhoneNumber-US": {"phone <+1 206-555-0100>", "tel: <(206) 555-0100>", "206-555-0100"},

		"PassportNumber-CA": {"passport <AB123456>"}, "PersonalHealthNumber-CA": {"PHN <9123 456 789>"}, "PostalCode-CA": {"at <K1A 0B1>", "D1A 0B1"}, "SocialInsuranceNumber-CA": {"SIN <130 692 544>", "SIN 130 692 545"},
		"CepCode-BR": {"CEP <01310-100>", "01310-100"}, "Cnpj-BR": {"<11.222.333/0001-81>", "11.222.333/0001-82"}, "CpfCode-BR": {"<529.982.247-25>", "529.982.247-26", "111.111.111-11"}, "PhoneNumber-BR": {"celular <(11) 91234-5678>"},

		"BankAccountNumber-DE": {"<DE89370400440532013000>", "<DE89 3704 0044 0532 0130 00>", "DE89370400440532013001"}, "BankAccountNumber-ES": {"<ES9121000418450200051332>"}, "BankAccountNumber-FR": {"<FR1420041010050500013M02606>"},
		"BankAccountNumber-GB": {"<GB29NWBK60161331926819>"}, "BankAccountNumber-IT": {"<IT60X0542811101000000123456>"},
		"PassportNumber-DE": {"Reisepass <C01X00T47>"}, "PassportNumber-ES": {"pasaporte <AAA123456>"}, "PassportNumber-FR": {"passeport <12AB34567>"}, "PassportNumber-GB": {"passport no <123456789>"}, "PassportNumber-IT": {"passaporto <AA1234567>"},
		"PhoneNumber-DE": {"Telefon <+49 30 1234567>"}, "PhoneNumber-ES": {"móvil <612 345 678>"}, "PhoneNumber-FR": {"téléphone <+33 1 23 45 67 89>"}, "PhoneNumber-GB": {"tel <+44 20 7946 0958>"}, "PhoneNumber-IT": {"cellulare <+39 312 345 6789>"},
		"NationalIdentificationNumber-DE": {"Personalausweis <T220001293>", "Personalausweis T220001294"}, "TaxId-DE": {"Steuer-ID <86095742719>", "Steuer-ID 86095742718"},
		"NationalIdentificationNumber-ES": {"<12345678Z>", "12345678A"}, "NifNumber-ES": {"<12345678-Z>"}, "NieNumber-ES": {"<X1234567L>", "X1234567A"}, "TaxId-ES": {"<A58818501>", "<12345678Z>", "A58818502"}, "Ssn-ES": {"<28/12345678/40>", "281234567841"},
		"InseeCode-FR": {"<255081416802538>", "255081416802539"}, "HealthInsuranceNumber-FR": {"<2 55 08 14 168 025 38>"}, "TaxId-FR": {"numéro fiscal <1234567890066>", "1234567890066"},
		"NationalInsuranceNumber-GB": {"<AB123456C>", "<AB 12 34 56 C>", "BG123456C", "DA123456C"}, "NhsNumber-GB": {"NHS <943 476 5919>", "NHS 943 476 5918"}, "TaxId-GB": {"UTR <9123456785>", "UTR 8123456785"},
		"NationalIdentificationNumber-IT": {"<RSSMRA85T10A562S>", "RSSMRA85T10A562T"}, "HealthInsuranceCardNumber-EU": {"EHIC <80276123456789012345>", "80276123456789012345"},
	} {
		p := policy(t, document(name))
		for _, want := range texts {
			message := strings.NewReplacer("<", "", ">", "").Replace(want)
			if got := marked(message, p); got != want {
				t.Errorf("%s: got %s, want %s", name, got, want)
			}
		}
	}
}

func marked(message string, p *protect.Policy) string {
	var b strings.Builder
	last := 0
	for _, f := range p.Find([]byte(message)) {
		for _, s := range f.Spans {
			b.WriteString(message[last:s.Start] + "<" + message[s.Start:s.End] + ">")
			last = s.End
		}
	}
	return b.String() + message[last:]
}

func TestMask(t *testing.T) {
	custom := `{"Name": "c", "Version": "2021-06-01", "Configuration": {"CustomDataIdentifier": [{"Name": "EmployeeId", "Regex": "EmployeeID-\\d{3}"}, {"Name": "Name_of-it", "Regex": "[가-힣]+"}]},
		"Statement": [{"DataIdentifier": ["EmployeeId"], "Operation": {"Deidentify": {"MaskConfig": {}}}}, {"DataIdentifier": ["EmployeeId"], "Operation": {"Audit": {"FindingsDestination": {"CloudWatchLogs": {"LogGroup": "/aws/vendedlogs/f"}, "S3": {"Bucket": "b"}}}}}]}`
	if _, err := protect.Parse(custom); err == nil {
		t.Error("an expression of characters that AWS does not take")
	}
	custom = strings.Replace(custom, `, {"Name": "Name_of-it", "Regex": "[가-힣]+"}`, "", 1)
	email, card := policy(t, document("EmailAddress", "IpAddress")), policy(t, custom)
	for _, tt := range []struct {
		name, message, want string
		spans               []protect.Span
	}{
		{"nothing", "hello", "hello", nil},
		{"one of each policy", `{"to":"a@b.org","by":"EmployeeID-123"}`, `{"to":"*******","by":"**************"}`, []protect.Span{{7, 14}, {22, 36}}},
		{"what overlaps is one", "x EmployeeID-123@b.org", "x ********************", []protect.Span{{2, 22}}},
		{"escapes of JSON", `{"to":"a\u0040b.org"}`, `{"to":"************"}`, []protect.Span{{7, 19}}},
		{"behind an escape", `{"text":"by\nEmployeeID-123\tof\n192.0.2.1\n"}`, `{"text":"by\n**************\tof\n*********\n"}`, []protect.Span{{13, 27}, {33, 42}}},
		{"JSON in a text of JSON", `{"m":"{\"to\":\"a\\u0040b.org\"}"}`, `{"m":"{\"to\":\"*************\"}"}`, []protect.Span{{16, 29}}},
		{"a pair of escapes is left", `{"m":"\ud83d\ude00 a@b.org \ud83d"}`, `{"m":"\ud83d\ude00 ******* \ud83d"}`, []protect.Span{{19, 26}}},
		{"a backslash of its own", `C:\x\ua@b.org\`, `C:\x\********\`, []protect.Span{{5, 13}}},
		{"bytes that are no text", "\xff a@b.org \xfe", "\xff ******* \xfe", []protect.Span{{2, 9}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, spans := protect.Mask([]byte(tt.message), email, card, email)
			if diff := cmp.Diff(tt.want, string(got)) + cmp.Diff(tt.spans, spans); diff != "" {
				t.Error(diff)
			}
		})
	}
	if card.LogGroup != "/aws/vendedlogs/f" || card.Bucket != "b" || card.Name != "c" {
		t.Errorf("%+v", card)
	}
}

func TestMaskJSON(t *testing.T) {
	p := policy(t, document("CreditCardNumber", "EmailAddress"))
	for message, want := range map[string]string{
		`{"card":4111111111111111,"of":["a@b.org",5555555555554444 ]}`: `{"card":"****************","of":["*******","****************" ]}`,
		`{"card":"4111111111111111"}`:                                  `{"card":"****************"}`,
		`card 4111111111111111`:                                        `card ****************`,
		`{"n":-4111111111111111}`:                                      `{"n":-****************}`,
	} {
		if got := string(protect.MaskJSON([]byte(message), p)); got != want {
			t.Errorf("%s: got %s, want %s", message, got, want)
		}
	}
}

func TestPolicyThatIsRefused(t *testing.T) {
	good := document("EmailAddress")
	change := func(from, to string) string { return strings.Replace(good, from, to, 1) }
	configured := func(custom string) string {
		return strings.ReplaceAll(change(`"Statement"`, `"Configuration": {"CustomDataIdentifier": [`+custom+`]}, "Statement"`), `["`+arn+`EmailAddress"]`, `["Mine"]`)
	}
	for _, tt := range []struct{ name, document, want string }{
		{"no JSON", `{`, "no JSON"},
		{"more behind it", good + "x", "no JSON"},
		{"an unknown member", change(`"Sid"`, `"Side"`), "Side"},
		{"too long", change(`"d"`, `"`+strings.Repeat("d", 31_000)+`"`), "at most 30720"},
		{"no name", change(`"p"`, `""`), "no Name"},
		{"another version", change("2021-06-01", "2012-10-17"), "2021-06-01"},
		{"one statement", `{"Name": "p", "Version": "2021-06-01", "Statement": [{"DataIdentifier": ["` + arn + `EmailAddress"], "Operation": {"Audit": {"FindingsDestination": {}}}}]}`, "two statements"},
		{"two audits", change(`"Deidentify": {"MaskConfig": {}}`, `"Audit": {"FindingsDestination": {}}`), "the other one Deidentify"},
		{"no mask", change(`{"MaskConfig": {}}`, `{}`), "empty MaskConfig"},
		{"a mask of something", change(`"MaskConfig": {}`, `"MaskConfig": {"x": 1}`), "empty MaskConfig"},
		{"no destination", change(`{"FindingsDestination": {}}`, `{}`), "FindingsDestination"},
		{"Firehose", change(`"FindingsDestination": {}`, `"FindingsDestination": {"Firehose": {"DeliveryStream": "s"}}`), "no Firehose here"},
		{"a log group without a name", change(`"FindingsDestination": {}`, `"FindingsDestination": {"CloudWatchLogs": {}}`), "names no LogGroup"},
		{"other identifiers", change(arn+"EmailAddress", arn+"IpAddress"), "the same DataIdentifier"},
		{"no identifiers", document(), "name no DataIdentifier"},
		{"an identifier that is not there", document("Nonsense"), arn + "Nonsense does not exist"},
		{"one without form", document("Name"), "Name cannot be found reliably"},
		{"a licence", document("DriversLicense-US"), "DriversLicense-US cannot be found reliably"},
		{"a custom one that is not configured", strings.ReplaceAll(good, arn, ""), "EmailAddress does not exist"},
		{"a custom one of a managed name", configured(`{"Name": "Mine", "Regex": "x"}, {"Name": "EmailAddress", "Regex": "x"}`), "name of another one"},
		{"a custom one twice", configured(`{"Name": "Mine", "Regex": "x"}, {"Name": "Mine", "Regex": "x"}`), "name of another one"},
		{"a custom one that is not used", configured(`{"Name": "Mine", "Regex": "x"}, {"Name": "Other", "Regex": "x"}`), "in no statement"},
		{"a custom name", configured(`{"Name": "My own", "Regex": "x"}`), "1 to 128 characters"},
		{"a custom expression with a group", configured(`{"Name": "Mine", "Regex": "(x)"}`), "1 to 200"},
		{"a custom expression that is none", configured(`{"Name": "Mine", "Regex": "x["}`), "no regular expression"},
		{"a custom expression that matches nothing", configured(`{"Name": "Mine", "Regex": "x*"}`), "matches nothing at all"},
		{"a long custom expression", configured(`{"Name": "Mine", "Regex": "` + strings.Repeat("x", 201) + `"}`), "1 to 200"},
		{"eleven custom ones", configured(strings.TrimSuffix(strings.Repeat(`{"Name": "Mine", "Regex": "x"},`, 11), ",")), "at most 10"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := protect.Parse(tt.document)
			if _, ok := errors.AsType[*protect.Error](err); !ok || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// What is masked has as many characters as before, and nothing of it is found again.
func FuzzMask(f *testing.F) {
	var names []string
	names = append(names, []string{"EmailAddress", "IpAddress", "CreditCardNumber", "CreditCardSecurityCode", "VehicleIdentificationNumber", "Ssn-US", "BankAccountNumber-DE", "NifNumber-ES", "TaxId-ES", "NieNumber-ES", "Ssn-ES", "InseeCode-FR", "TaxId-GB", "PkcsPrivateKey", "NationalIdentificationNumber-IT", "TaxId-DE", "Cnpj-BR", "PhoneNumber-US", "DrugEnforcementAgencyNumber-US"}...)
	p := policy(f, document(names...))
	for _, text := range []string{"a@b.org 192.0.2.1", "4111 1111 1111 1111", "cvv 123", "ssn 123-45-6789", "X1234567L A58818501", "utr 1123456785", "RSSMRA85T10A562S", "DEA AB1234563", "\xff4111111111111111", "-----BEGIN PRIVATE KEY-----"} {
		f.Add([]byte(text))
		f.Add(bytes.ReplaceAll([]byte(text), []byte("1"), []byte(`\u0031`)))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		masked, spans := protect.Mask(message, p)
		if len([]rune(string(masked))) != len([]rune(string(message))) {
			t.Fatalf("%q became %q", message, masked)
		}
		for _, s := range spans {
			if s.Start < 0 || s.End > len(message) || s.Start >= s.End {
				t.Fatalf("%q: %v", message, spans)
			}
		}
	})
}

func BenchmarkMask(b *testing.B) {
	p := policy(b, document("EmailAddress", "IpAddress", "CreditCardNumber", "AwsSecretKey", "Ssn-US"))
	message := []byte(strings.Repeat(`{"level":"info","status":200,"path":"/cart/checkout","took":12.5,"user":"u-1234567"} `, 10) + "me@example.org")
	b.SetBytes(int64(len(message)))
	for b.Loop() {
		protect.Mask(message, p)
	}
}
