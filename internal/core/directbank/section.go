// Package directbank is what a customer does with a bank by DirectBank: the bank's
// section of the config, packets that are kept before they are sent, what the bank
// tells afterwards and what that proves about payments in the journal. Commands use
// it; it knows no terminal and no HTTP.
package directbank

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	client "github.com/epgu-cli/epgu/internal/bank/directbank"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Section is a bank's section of the config.
type Section struct {
	Name         string // of the section
	Address      string
	Customer     string
	Version      string
	Compress     bool
	Documents    map[wire.Kind]client.Rule // what the bank takes, and who signs it
	Login        string
	LogonCert    string
	Decrypt      string
	Signers      []string          // names of certificates by group, "" for a group without one
	LettersLimit int64             // bytes of all attachments of a letter; 0 for no limit that is known
	LetterTypes  []wire.LetterType // none when the bank names none
	Payer        bankfiles.Payer
	KeepsRepeats bool
	DateAlways   bool
}

// ParseSection reads the members of a section, all errors at once.
func ParseSection(name string, m map[string]string) (*Section, error) {
	s := &Section{Name: name, Address: m["address"], Customer: m["customer"], Version: m["version"], Compress: m["compress"] == "yes", Login: m["login"],
		LogonCert: m["logon_cert"], Decrypt: m["decrypt"], KeepsRepeats: m["keeps_repeats"] == "yes", DateAlways: m["date_always"] == "yes",
		Payer: bankfiles.Payer{Name: m["name"], INN: m["inn"], KPP: m["kpp"], Account: m["account"], BIK: m["bik"], Bank: m["bank"], Corr: m["corr"], Status: m["status"]}}
	var fields []fault.Field
	bad := func(key string, why i18n.Message) { fields = append(fields, fault.Field{Name: key, Message: why}) }
	for _, key := range []string{"address", "bik", "account", "name", "inn"} {
		if m[key] == "" {
			bad(key, i18n.Say("не заполнено", "it is not filled in"))
		}
	}
	for _, c := range []struct {
		key  string
		kind requisites.Kind
		bik  string
	}{{"bik", requisites.KindBIK, ""}, {"account", requisites.KindAccount, m["bik"]}, {"corr", requisites.KindAccount, m["bik"]}, {"inn", requisites.KindINN, ""}, {"kpp", requisites.KindKPP, ""}} {
		if m[c.key] == "" {
			continue
		}
		o := requisites.Options{}
		if requisites.ValidBIK(c.bik) {
			o.BIK = c.bik
		}
		if r := requisites.Check(c.kind, m[c.key], o); r.Problem != nil {
			fields = append(fields, r.Problem.Field(c.key))
		}
	}
	for _, key := range []string{"compress", "keeps_repeats", "date_always"} {
		if v := m[key]; v != "" && v != "yes" && v != "no" {
			bad(key, i18n.Say("yes или no", "yes or no"))
		}
	}
	if v := m["signers"]; v != "" {
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part == "-" {
				part = ""
			}
			s.Signers = append(s.Signers, part)
		}
	}
	var err error
	if v := m["letters_limit"]; v != "" {
		if s.LettersLimit, err = strconv.ParseInt(v, 10, 64); err != nil || s.LettersLimit < 0 {
			bad("letters_limit", i18n.Say("нужно число байт", "a number of bytes is needed"))
		}
	}
	for part := range strings.SplitSeq(m["letter_types"], ";") {
		if code, name, _ := strings.Cut(strings.TrimSpace(part), " "); code != "" {
			s.LetterTypes = append(s.LetterTypes, wire.LetterType{Code: code, Name: strings.TrimSpace(name)})
		}
	}
	if s.Documents, err = parseDocuments(m["documents"]); err != nil {
		bad("documents", i18n.Say(err.Error(), err.Error()))
	}
	if len(fields) > 0 {
		e := fault.New(exitcode.Usage, "bank.section", i18n.Text{RU: "раздел банка %s не годится", EN: "the section of bank %s cannot be used"}.With(name)).
			Advise(i18n.Text{RU: "исправьте: epgu bank add %s …", EN: "mend it: epgu bank add %s …"}.With(name))
		e.Fields = fields
		return nil, e
	}
	return s, nil
}

// parseDocuments reads "10(1)||(11) 14": kinds with their rules.
func parseDocuments(s string) (map[wire.Kind]client.Rule, error) {
	out := map[wire.Kind]client.Rule{}
	for _, word := range strings.Fields(s) {
		if len(word) < 2 || strings.Trim(word[:2], "0123456789") != "" {
			return nil, fmt.Errorf("a kind of documents is two digits, not %q", untrusted.Clean(word))
		}
		rule, err := client.ParseRule(word[2:])
		if err != nil {
			return nil, err
		}
		out[wire.Kind(word[:2])] = rule
	}
	return out, nil
}

// Take puts what a bank's settings say into the members of a section.
func Take(members map[string]string, s *wire.Settings) {
	d := &s.Data
	put := func(key, v string) {
		if v = strings.TrimSpace(untrusted.Clean(v)); v != "" {
			members[key] = v
		}
	}
	put("address", d.Address)
	put("customer", d.CustomerID)
	put("version", d.FormatVersion)
	put("bik", s.Sender.BIC)
	put("bank", s.Sender.Name)
	put("inn", s.Recipient.INN)
	put("kpp", s.Recipient.KPP)
	put("name", s.Recipient.Name)
	members["compress"] = ""
	if d.Compress {
		members["compress"] = "yes"
	}
	if d.Logon.Login != nil {
		put("login", d.Logon.Login.User)
	}
	members["letters_limit"], members["letter_types"] = "", ""
	if l := d.Letters; l != nil {
		if l.Limit > 0 {
			members["letters_limit"] = strconv.FormatInt(l.Limit, 10)
		}
		types := make([]string, len(l.Types))
		for i, t := range l.Types {
			types[i] = strings.TrimSpace(t.Code) + " " + strings.ReplaceAll(t.Name, ";", ",")
		}
		put("letter_types", strings.Join(types, "; "))
	}
	var kinds []string
	for i := range d.Documents {
		a := &d.Documents[i]
		word := string(a.Kind)
		if a.Signed != nil {
			if r, err := client.ParseRule(a.Signed.Rule); err == nil {
				word += r.String()
			}
		}
		kinds = append(kinds, word)
	}
	slices.Sort(kinds)
	put("documents", strings.Join(kinds, " "))
}

// takes refuses a kind of documents that the bank does not take.
func (s *Section) takes(k wire.Kind) error {
	if _, ok := s.Documents[k]; ok || len(s.Documents) == 0 {
		return nil
	}
	return fault.New(exitcode.Refused, "bank.kind", i18n.Text{RU: "банк %s не принимает документы вида %s", EN: "bank %s does not take documents of kind %s"}.With(s.Name, string(k))).
		Advise(i18n.Say("что он принимает, показывает epgu bank list; платить можно файлом: --via bank-file", "epgu bank list shows what it takes; a file works with any bank: --via bank-file"))
}

// signers chooses who signs a kind of documents.
func (d *Desk) signers(ctx context.Context, k wire.Kind) ([]gost.Signer, error) {
	rule, ok := d.Section.Documents[k]
	if !ok || len(rule) == 0 {
		return nil, nil
	}
	name := func(group int) string {
		if group <= len(d.Section.Signers) {
			return d.Section.Signers[group-1]
		}
		return ""
	}
	groups, ok := rule.Choose(func(g int) bool { return name(g) != "" })
	if !ok {
		return nil, fault.New(exitcode.Usage, "bank.signers", i18n.Text{RU: "документы вида %s банк принимает с подписями %s (цифра — группа подписантов), а в разделе банка таких подписантов нет", EN: "the bank takes documents of kind %s with signatures %s (a digit is a group of signers), and the bank's section names no such signers"}.With(string(k), rule.String())).
			Advise(i18n.Text{RU: "назовите сертификаты по группам: epgu bank add %s --signers ИМЯ,ИМЯ", EN: "name certificates by group: epgu bank add %s --signers NAME,NAME"}.With(d.Section.Name))
	}
	out := make([]gost.Signer, len(groups))
	for i, g := range groups {
		if s := d.keys[name(g)]; s != nil {
			out[i] = s
			continue
		}
		s, err := d.Open(ctx, name(g))
		if err != nil {
			return nil, err
		}
		if d.keys == nil {
			d.keys = map[string]gost.Signer{}
		}
		d.keys[name(g)], out[i] = s, s
	}
	return out, nil
}
