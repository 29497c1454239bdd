package protect

import "regexp"

// phone is a telephone number: with its country's number in front it is one by itself,
// else a keyword must be near.
func phone(country, code, form string) identifier {
	return identifier{
		name: "PhoneNumber-" + country, digits: 8, anywhere: true,
		form: regexp.MustCompile(`(?:\+|00)` + code + `[ .-]?(?:\(0\))?` + form + `\b|\b0?` + form + `\b|\(0?[0-9]{2,5}\)[ .-]?[0-9]{3,5}[ .-]?[0-9]{3,5}\b`),
		near: keywords("cell", "cellphone", "contact", "fax", "fax number", "mobile", "phone", "phone number", "tel", "tel number", "telephone", "telephone number", "telefon", "telefono", "teléfono", "téléphone", "portable", "móvil", "cellulare", "celular", "telefone", "handy"),
	}
}

func iban(country, length string) identifier {
	return identifier{name: "BankAccountNumber-" + country, digits: 10, form: regexp.MustCompile(country + `[0-9]{2}(?: ?[0-9A-Z]){` + length + `}`), check: isIBAN}
}

func passport(country, form string, check func(string) bool) identifier {
	return identifier{
		name: "PassportNumber-" + country, digits: 1, form: regexp.MustCompile(form), check: check,
		near: keywords("passport", "passport number", "passport no", "passport #", "reisepass", "reisepassnummer", "pasaporte", "número de pasaporte", "numero pasaporte", "passeport", "numéro de passeport", "passaporto", "numero passaporto", "travel document"),
	}
}

// american is what there is in the Americas.
func american() []identifier {
	return []identifier{
		{name: "Ssn-US", digits: 9, form: regexp.MustCompile(`[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}`), check: isSSN, near: keywords("social security", "ss", "ss #", "ssn", "ssn #", "social security number", "social security no", "soc sec", "social sec")},
		{name: "BankAccountNumber-US", digits: 8, form: regexp.MustCompile(`[0-9]{8,17}`), near: keywords("bank account", "bank acct", "checking account", "checking acct", "deposit account", "deposit acct", "savings account", "savings acct", "chequing account", "chequing acct", "account number", "account no", "acct no", "routing number")},
		{name: "DrugEnforcementAgencyNumber-US", digits: 7, form: regexp.MustCompile(`[A-Z][A-Z9][0-9]{7}`), check: isDEA, near: keywords("dea number", "dea registration", "dea", "drug enforcement agency")},
		{name: "HealthInsuranceClaimNumber-US", digits: 9, form: regexp.MustCompile(`[0-9]{3}-?[0-9]{2}-?[0-9]{4}-?[A-Z][A-Z0-9]?`), near: keywords("health insurance claim number", "hic no", "hic no.", "hic number", "hic #", "hicn", "hicn #", "hicno #")},
		{name: "HealthcareProcedureCode-US", digits: 4, form: regexp.MustCompile(`[A-V][0-9]{4}`), near: keywords("current procedural terminology", "hcpcs", "healthcare common procedure coding system", "healthcare procedure")},
		{name: "IndividualTaxIdentificationNumber-US", digits: 9, form: regexp.MustCompile(`9[0-9]{2}[- ]?(?:5[0-9]|6[0-5]|7[0-9]|8[0-8]|9[0-2]|9[4-9])[- ]?[0-9]{4}`), near: keywords("individual taxpayer identification number", "itin", "i.t.i.n.", "taxpayer identification number", "tin", "tax id")},
		{name: "MedicareBeneficiaryNumber-US", digits: 4, form: regexp.MustCompile(mbi), near: keywords("mbi", "medicare beneficiary", "medicare number", "medicare beneficiary number", "medicare")},
		{name: "NationalDrugCode-US", digits: 10, form: regexp.MustCompile(`[0-9]{4}-[0-9]{4}-[0-9]{2}|[0-9]{5}-[0-9]{3}-[0-9]{2}|[0-9]{5}-[0-9]{4}-[0-9]{1,2}`), near: keywords("national drug code", "ndc")},
		{name: "NationalProviderId-US", digits: 10, form: regexp.MustCompile(`[12][0-9]{9}`), check: isNPI, near: keywords("hipaa", "n.p.i", "national provider", "national provider id", "npi")},
		{name: "ZipCode-US", digits: 5, form: regexp.MustCompile(`[0-9]{5}(?:-[0-9]{4})?`), near: keywords("zip", "zip code", "zip+4", "zipcode")},
		passport("US", `[A-Z]?[0-9]{8,9}`, func(s string) bool { return len(s) == 9 }),
		phone("US", "1", `\(?[2-9][0-9]{2}\)?[ .-]?[2-9][0-9]{2}[ .-]?[0-9]{4}`),

		passport("CA", `[A-Z]{2}[0-9]{6}`, nil),
		{name: "PersonalHealthNumber-CA", digits: 10, form: regexp.MustCompile(`[0-9]{4}[ -]?[0-9]{3}[ -]?[0-9]{3}`), near: keywords("canada healthcare number", "msp number", "personal healthcare number", "personal health number", "phn", "soins de santé")},
		{name: "PostalCode-CA", digits: 3, form: regexp.MustCompile(`[ABCEGHJ-NPRSTVXY][0-9][ABCEGHJ-NPRSTV-Z][ -]?[0-9][ABCEGHJ-NPRSTV-Z][0-9]`)},
		{name: "SocialInsuranceNumber-CA", digits: 9, form: regexp.MustCompile(`[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}`), check: isSIN, near: keywords("canadian id", "numéro d'assurance sociale", "social insurance number", "social insurance", "sin", "nas")},

		{name: "CepCode-BR", digits: 8, form: regexp.MustCompile(`[0-9]{2}\.?[0-9]{3}-?[0-9]{3}`), near: keywords("cep", "código de endereçamento postal", "codigo de endereçamento postal", "codigo postal")},
		{name: "Cnpj-BR", digits: 14, form: regexp.MustCompile(`[0-9]{2}\.?[0-9]{3}\.?[0-9]{3}/?[0-9]{4}-?[0-9]{2}`), check: isCNPJ},
		{name: "CpfCode-BR", digits: 11, form: regexp.MustCompile(`[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}`), check: isCPF},
		phone("BR", "55", `\(?[1-9][0-9]\)?[ .-]?9?[0-9]{4}[ .-]?[0-9]{4}`),
	}
}

const mbi = `[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9]-?[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9]-?[AC-HJKMNP-RT-Y]{2}[0-9]{2}`

// european is what there is in Europe.
func european() []identifier {
	return []identifier{
		iban("DE", "18"), iban("ES", "20"), iban("FR", "23"), iban("GB", "18"), iban("IT", "23"),
		passport("DE", `[CFGHJKLMNPRTVWXYZ0-9]{9}[0-9]?`, nil), passport("ES", `[A-Z]{2,3}[0-9]{6}`, nil), passport("FR", `[0-9]{2}[A-Z]{2}[0-9]{5}`, nil),
		passport("GB", `[0-9]{9}`, nil), passport("IT", `[A-Z]{2}[0-9]{7}`, nil),
		phone("DE", "49", `[1-9][0-9]{1,4}[ /.-]?[0-9]{2,4}[ .-]?[0-9]{2,5}(?:[ .-]?[0-9]{1,4})?`), phone("ES", "34", `[6789][0-9]{2}(?:(?:[ .-]?[0-9]{3}){2}|(?:[ .-]?[0-9]{2}){3})`),
		phone("FR", "33", `[1-9](?:[ .-]?[0-9]{2}){4}`), phone("GB", "44", `[1-9][0-9]{1,4}[ .-]?[0-9]{3,4}[ .-]?[0-9]{3,4}`), phone("IT", "39", `3[0-9]{2}[ .-]?[0-9]{3}[ .-]?[0-9]{3,4}`),

		{name: "NationalIdentificationNumber-DE", digits: 1, form: regexp.MustCompile(`[CFGHJKLMNPRTVWXYZ0-9]{9}[0-9]|[LMNPRTVWXY][CFGHJKLMNPRTVWXYZ0-9]{8}`), check: isPersonalausweis, near: keywords("ausweis", "ausweisnummer", "personalausweis", "personalausweisnummer", "id number", "identifizierungsnummer", "gpid", "personal id number", "national id", "id nummer")},
		{name: "TaxId-DE", digits: 11, form: regexp.MustCompile(`[1-9][0-9][ ]?[0-9]{3}[ ]?[0-9]{3}[ ]?[0-9]{3}`), check: isSteuerID, near: keywords("identifikationsnummer", "steuer id", "steueridentifikationsnummer", "steuernummer", "tax id", "tax identification", "tax identification number")},

		{name: "NationalIdentificationNumber-ES", digits: 8, form: regexp.MustCompile(`[0-9]{8}[ -]?[A-Z]`), check: isNIF},
		{name: "NifNumber-ES", digits: 8, form: regexp.MustCompile(`[0-9]{8}[ -]?[A-Z]|[KLM][0-9]{7}[A-Z]`), check: isNIF},
		{name: "NieNumber-ES", digits: 7, form: regexp.MustCompile(`[XYZ][ -]?[0-9]{7}[ -]?[A-Z]`), check: isNIF},
		{name: "TaxId-ES", digits: 7, form: regexp.MustCompile(`[0-9]{8}[ -]?[A-Z]|[XYZ][ -]?[0-9]{7}[ -]?[A-Z]|[A-HJNP-SUVW][0-9]{7}[0-9A-J]`), check: isSpanishTaxID},
		{name: "Ssn-ES", digits: 12, form: regexp.MustCompile(`[0-9]{2}[ /-]?[0-9]{8}[ /-]?[0-9]{2}`), check: isNUSS},

		{name: "InseeCode-FR", digits: 13, form: regexp.MustCompile(nir), check: isNIR},
		{name: "HealthInsuranceNumber-FR", digits: 13, form: regexp.MustCompile(nir), check: isNIR},
		{name: "TaxId-FR", digits: 13, form: regexp.MustCompile(`[0-3][0-9][ ]?[0-9]{2}[ ]?[0-9]{3}[ ]?[0-9]{3}[ ]?[0-9]{3}`), check: isSPI, near: keywords("numéro d'identification fiscale", "numéro fiscal", "spi", "tax id", "tax identification", "tax identification number", "tin")},

		{name: "NationalInsuranceNumber-GB", digits: 6, form: regexp.MustCompile(`[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ -]?[0-9]{2}[ -]?[0-9]{2}[ -]?[0-9]{2}[ -]?[A-D]`), check: isNINO},
		{name: "NhsNumber-GB", digits: 10, form: regexp.MustCompile(`[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}`), check: isNHS, near: keywords("national health service", "nhs", "nhs number", "nhs no")},
		{name: "TaxId-GB", digits: 10, form: regexp.MustCompile(`[0-9]{10}`), check: isUTR, near: keywords("paye", "tax id", "tax id no", "tax identification", "tax identification number", "tax reference", "unique taxpayer reference", "utr", "tin")},

		{name: "NationalIdentificationNumber-IT", digits: 7, form: regexp.MustCompile(`[A-Z]{6}[0-9]{2}[A-EHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z]`), check: isCodiceFiscale},
		{name: "HealthInsuranceCardNumber-EU", digits: 20, form: regexp.MustCompile(`80[0-9]{18}`), near: keywords("assicurazione sanitaria numero", "carta assicurazione numero", "carte d'assurance maladie", "ehic", "ehic #", "european health insurance card", "health card", "health card number", "health insurance card", "health insurance card number", "health insurance number", "insurance card number", "krankenversicherungskarte", "krankenversicherungsnummer", "numéro conté médical", "tarjeta de salud", "tarjeta sanitaria", "tessera sanitaria")},
	}
}

const nir = `[12][ ]?[0-9]{2}[ ]?(?:0[1-9]|1[0-2]|[2-9][0-9])[ ]?(?:[0-9]{2}|2[AB])[ ]?[0-9]{3}[ ]?[0-9]{3}[ ]?[0-9]{2}`
