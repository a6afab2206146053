package apiforms

import (
	"strconv"

	"github.com/epgu-cli/epgu/internal/core/parcel"
)

// maxGoskey is how many documents Госключ takes at once (specification 1.9 of
// 28.08.2025).
const maxGoskey = 20

// goskeyDocuments are the documents to sign; their names in the archive are their own.
func goskeyDocuments() []Document {
	out := make([]Document, maxGoskey)
	for i := range out {
		name := "document"
		if i > 0 {
			name += strconv.Itoa(i + 1)
		}
		out[i] = Document{Name: name, Title: t("Документ на подпись", "A document to sign"), Required: i == 0, MaxBytes: 100_000_000}
	}
	return out
}

// terms are the fields of every request to Госключ.
func terms() []field {
	hours := make([]choice, 0, 24)
	for h := 1; h <= 24; h++ {
		s := strconv.Itoa(h)
		hours = append(hours, choice{s, t(s+" ч", s+" h")})
	}
	return []field{
		{name: "hours", title: t("Срок подписания, часов", "Time to sign, hours"), required: true, choices: hours},
		{name: "description", title: t("Что подписать", "What is to be signed"), required: true, max: 250},
		{name: "backlink", title: t("Ссылка для возврата", "Link to return by"), max: 250, example: "https://example.org/done"},
		{name: "orgName", title: t("Кто просит подписать", "Who asks to sign"), required: true, max: 250},
		{name: "orgINN", title: t("ИНН того, кто просит", "ИНН of who asks"), required: true, check: "inn", mask: "inn"},
		{name: "attributes", title: t("Ещё сведения", "More attributes"), most: 8, item: t("сведение", "attribute"), items: []field{
			{name: "name", title: t("Имя", "Name"), required: true, max: 50},
			{name: "value", title: t("Значение", "Value"), required: true, max: 250},
		}},
	}
}

// signer are the fields that name a person: by СНИЛС or by the number of the account.
func signer(w *when) []field {
	return []field{
		{name: "by", title: t("Кого указать", "By what to name"), required: true, when: w, choices: []choice{{"snils", t("по СНИЛС", "by СНИЛС")}, {"oid", t("по номеру учётной записи ЕСИА", "by the number of the account of ЕСИА")}}},
		{name: "snils", title: t("СНИЛС подписанта", "СНИЛС of the signer"), required: true, check: "snils", mask: "snils", when: &when{"by", []string{"snils"}}},
		{name: "oid", title: t("Номер учётной записи", "Number of the account"), required: true, pattern: "^[0-9]{1,20}$", when: &when{"by", []string{"oid"}}, example: "1000550738"},
	}
}

func goskeySigner(v values) element {
	if v.text("by") == "oid" {
		return el("OID", v.text("oid"))
	}
	return el("Snils", dashed(v.text("snils")))
}

func goskeyTerms(v values) []element {
	attribute := func(name, value string) element {
		return in("Attribute", el("AttributeName", name), el("AttributeValue", value))
	}
	out := []element{el("Backlink", v.text("backlink")), el("SignExpiration", parcel.FieldAfterHours(v.text("hours"))), el("Description", v.text("description")),
		attribute("orgName", v.text("orgName")), attribute("orgINN", digits(v.text("orgINN")))}
	for _, a := range v.list("attributes") {
		out = append(out, attribute(a.text("name"), a.text("value")))
	}
	return out
}

// goskey is Госключ, a person's signature (10000000374), by the specification 1.9 of
// 28.08.2025. The schema of the qualified kind is not published; its documents are
// seen to be the same under another namespace.
func goskey() Form {
	return Form{Code: "10000000374", Version: "1.9", Documents: goskeyDocuments(),
		schema: func() object {
			kind := field{name: "kind", title: t("Подпись", "Signature"), required: true, choices: []choice{{"unep", t("УНЭП", "УНЭП")}, {"ukep", t("УКЭП", "УКЭП")}}}
			return append(append([]field{kind}, signer(nil)...), terms()...)
		},
		build: func(v values) []parcel.File {
			ns := "urn://mpkey.gosuslugi.ru/sign_document/1.0.0"
			if v.text("kind") == "ukep" {
				ns = "urn://mpkey.gosuslugi.ru/sign_document_ukep/1.0.0"
			}
			return []parcel.File{parcel.Made("req.xml", in("SignRequest", append([]element{goskeySigner(v)}, goskeyTerms(v)...)...).with("xmlns", ns).document())}
		}}
}

// goskeyOrganisation is Госключ, an organisation's qualified signature (60025907), by
// the specification of 28.08.2025.
func goskeyOrganisation() Form {
	return Form{Code: "60025907", Version: "2025-08-28", Documents: goskeyDocuments(),
		schema: func() object {
			russian, foreign := &when{"org", []string{"russian"}}, &when{"org", []string{"foreign"}}
			o := []field{{name: "org", title: t("Чья подпись", "Whose signature"), required: true, choices: []choice{
				{"russian", t("российской организации или предпринимателя", "of a Russian organisation or sole trader")}, {"foreign", t("иностранной организации", "of a foreign organisation")}}}}
			o = append(o, signer(russian)...)
			return append(append(o,
				field{name: "ogrn", title: t("ОГРН или ОГРНИП", "ОГРН or ОГРНИП"), required: true, pattern: "^([0-9]{13}|[0-9]{15})$", when: russian, example: "1027700132195"},
				field{name: "rafp", title: t("Номер записи об аккредитации (РАФП)", "Number of the accreditation (РАФП)"), required: true, pattern: "^[0-9]{11}$", when: foreign, example: "10150000001"},
				field{name: "signerINN", title: t("ИНН подписанта", "ИНН of the signer"), required: true, pattern: "^[0-9]{12}$", when: foreign, example: "500100732259"},
			), terms()...)
		},
		build: func(v values) []parcel.File {
			who := in("RFOrg", goskeySigner(v), el("OGRN", v.text("ogrn")))
			if v.text("org") == "foreign" {
				who = in("ForeignOrg", el("RAFP", v.text("rafp")), el("INN_user", v.text("signerINN")))
			}
			return []parcel.File{parcel.Made("req.xml", in("SignRequest", append([]element{who}, goskeyTerms(v)...)...).
				with("xmlns", "urn://mpkey.gosuslugi.ru/sign_document_ukep_legalperson/1.0.0").document())}
		}}
}
