package directbank_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/bank/directbank"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

const (
	open  = `<?xml version="1.0" encoding="UTF-8"?><ResultBank xmlns="http://directbank.1c.ru/XMLSchema" formatVersion="2.3.2">`
	shut  = `</ResultBank>`
	sid1  = open + `<Success><LogonResponse><SID>s-1</SID></LogonResponse></Success>` + shut
	taken = open + `<Success><SendPacketResponse><ID>7606707</ID></SendPacketResponse></Success>` + shut
)

func failure(code string) string {
	return open + `<Error><Code>` + code + `</Code><Description>слова банка</Description><MoreInfo>ещё слова</MoreInfo></Error>` + shut
}

// request is what a server of the test saw.
type request struct {
	method, uri string
	header      http.Header
	body        []byte
}

// bank answers the requests in turn, each by a function.
type bank struct {
	t       *testing.T
	mu      sync.Mutex // an answer can be there before its handler has ended
	seen    []request
	answers []func(w http.ResponseWriter)
	server  *httptest.Server
}

// asked are the requests so far.
func (b *bank) asked() []request {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.seen)
}

func say(status int, body string) func(w http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func newBank(t *testing.T, answers ...func(w http.ResponseWriter)) *bank {
	t.Helper()
	b := &bank{t: t, answers: answers}
	b.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		b.mu.Lock()
		b.seen = append(b.seen, request{r.Method, r.RequestURI, r.Header, body})
		if len(b.answers) == 0 {
			b.mu.Unlock()
			t.Errorf("a request too many: %s %s", r.Method, r.RequestURI)
			return
		}
		answer := b.answers[0]
		b.answers = b.answers[1:]
		b.mu.Unlock()
		answer(w)
	}))
	t.Cleanup(b.server.Close)
	return b
}

func (b *bank) client(change func(o *directbank.Options)) *directbank.Client {
	b.t.Helper()
	tr, err := transport.New(transport.Options{Origins: []string{b.server.URL}, MaxAttempts: 1})
	if err != nil {
		b.t.Fatal(err)
	}
	o := directbank.Options{Address: b.server.URL + "/db/", Customer: "DEMO-0001", Version: "2.3.2", Transport: tr, Clock: clock.NewManual(time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)), UserAgent: "epgu-demo/0",
		Login: func(context.Context) (string, string, error) { return "login", "parol", nil }}
	if change != nil {
		change(&o)
	}
	c, err := directbank.New(o)
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

func TestASignInCarriesWhatTheStandardNames(t *testing.T) {
	b := newBank(t, say(200, wire.BOM+sid1), say(200, open+`<Success><GetPacketListResponse TimeStampLastPacket="2026-03-02T10:00:00"><PacketID>p1</PacketID></GetPacketListResponse></Success>`+shut))
	list, err := b.client(nil).PacketList(t.Context(), "27.04.2021 00:00:00")
	if err != nil || len(list.IDs) != 1 || list.Mark != "2026-03-02T10:00:00" {
		t.Fatalf("%v %+v", err, list)
	}
	logon, get := b.asked()[0], b.asked()[1]
	user, password, _ := (&http.Request{Header: logon.header}).BasicAuth()
	if logon.method != "POST" || logon.uri != "/db/Logon" || user != "login" || password != "parol" || logon.header.Get("CustomerID") != "DEMO-0001" ||
		logon.header.Get("APIVersion") != "2.3.2" || logon.header.Get("AvailableAPIVersion") != "2.3.2" || len(logon.body) != 0 {
		t.Errorf("%+v", logon)
	}
	if get.method != "GET" || get.uri != "/db/GetPackList?date=27.04.2021%2000%3A00%3A00" || get.header.Get("SID") != "s-1" || get.header.Get("Authorization") != "" {
		t.Errorf("%+v", get)
	}
}

// Headers are spelled as the standard does: a naive bank compares them letter by letter.
func TestHeadersAreSpelledAsTheStandardSpellsThem(t *testing.T) {
	var names []string
	tr, err := transport.New(transport.Options{Origins: []string{"https://bank.example"}, Base: roundTrip(func(r *http.Request) (*http.Response, error) {
		for n := range r.Header {
			names = append(names, n)
		}
		return nil, errors.New("not reached")
	}), InProcess: true, MaxAttempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	b := &bank{t: t, server: &httptest.Server{URL: "https://bank.example"}}
	_ = b.client(func(o *directbank.Options) { o.Transport = tr }).SignIn(t.Context())
	for _, want := range []string{"CustomerID", "APIVersion", "AvailableAPIVersion"} {
		found := false
		for _, n := range names {
			found = found || n == want
		}
		if !found {
			t.Errorf("%s is not among %v", want, names)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestASessionThatEndsIsBegunAnewOnceAndTheSameBytesGoAgain(t *testing.T) {
	for _, code := range []string{"1006", "1007"} {
		for _, status := range []int{200, 401} {
			b := newBank(t, say(200, sid1), say(status, failure(code)), say(200, strings.Replace(sid1, "s-1", "s-2", 1)), say(200, taken))
			id, err := b.client(nil).SendPack(t.Context(), []byte("packet"))
			if err != nil || id != "7606707" || directbank.FateOf(err) != directbank.Received {
				t.Fatalf("%s: %q %v", code, id, err)
			}
			if string(b.asked()[3].body) != "packet" || b.asked()[3].header.Get("SID") != "s-2" || string(b.asked()[1].body) != "packet" {
				t.Errorf("%+v", b.asked()[3])
			}
		}
	}
	b := newBank(t, say(200, sid1), say(200, failure("1006")), say(200, sid1), say(200, failure("1006")))
	if _, err := b.client(nil).SendPack(t.Context(), []byte("packet")); fault.ExitOf(err) != exitcode.Auth || directbank.FateOf(err) != directbank.NotTaken {
		t.Errorf("a session that ends for ever: %v", err)
	}
}

func TestAOneTimeCodeIsAskedForAndBeginsANewSession(t *testing.T) {
	otp := open + `<Success><LogonResponse><SID>half</SID><ExtraAuth><OTP phoneMask="+7*******000" code="demo1"/></ExtraAuth></LogonResponse></Success>` + shut
	b := newBank(t, say(200, otp), say(200, sid1), say(200, taken))
	asked := ""
	c := b.client(func(o *directbank.Options) {
		o.OTP = func(_ context.Context, c directbank.Challenge) (string, error) {
			asked = c.Phone.String() + c.Code.String()
			return "012345", nil
		}
	})
	if _, err := c.SendPack(t.Context(), []byte("packet")); err != nil {
		t.Fatal(err)
	}
	if h := b.asked()[1].header; asked != "+7*******000demo1" || h.Get("OTP") != "012345" || h.Get("SID") != "half" || b.asked()[2].header.Get("SID") != "s-1" {
		t.Errorf("%q %+v", asked, h)
	}
	b = newBank(t, say(200, otp))
	if err := b.client(nil).SignIn(t.Context()); fault.ExitOf(err) != exitcode.Auth {
		t.Errorf("with nobody to ask: %v", err)
	}
	b = newBank(t, say(200, failure("1201")))
	if err := b.client(nil).SignIn(t.Context()); fault.ExitOf(err) != exitcode.Auth || len(b.asked()) != 1 {
		t.Errorf("a wrong password is not repeated: %v", err)
	}
}

// What is known of a packet, by everything that may come back.
func TestAnAnswerProvesOnlyWhatTheBankAloneCouldSay(t *testing.T) {
	cut := func(w http.ResponseWriter) { panic(http.ErrAbortHandler) }
	page := "<html><body>sign in to the network</body></html>"
	cases := []struct {
		name   string
		answer func(w http.ResponseWriter)
		want   directbank.Fate
	}{
		{"a good answer", say(200, taken), directbank.Received},
		{"a good answer with status 500", say(500, taken), directbank.Uncertain},
		{"a cut connection", cut, directbank.Uncertain},
		{"nothing", say(200, ""), directbank.Uncertain},
		{"a page", say(200, page), directbank.Uncertain},
		{"a page with 502", say(502, page), directbank.Uncertain},
		{"a page with 403", say(403, page), directbank.Uncertain},
		{"half an answer", say(200, taken[:len(taken)-20]), directbank.Uncertain},
		{"two answers", say(200, taken+taken), directbank.Uncertain},
		{"another success", say(200, sid1), directbank.Uncertain},
		{"an id of nothing", say(200, strings.Replace(taken, "7606707", " ", 1)), directbank.Uncertain},
		{"another namespace", say(200, strings.Replace(taken, "directbank.1c.ru", "bank.1c.ru", 1)), directbank.Uncertain},
		{"an unknown code", say(200, failure("1999")), directbank.Uncertain},
		{"a redirect", func(w http.ResponseWriter) { w.Header().Set("Location", "/elsewhere"); w.WriteHeader(302) }, directbank.Uncertain},
	}
	for _, code := range []string{"1009", "1010", "2203", "2207"} {
		cases = append(cases, struct {
			name   string
			answer func(w http.ResponseWriter)
			want   directbank.Fate
		}{code, say(200, failure(code)), directbank.Uncertain})
	}
	for _, code := range []string{"2002", "2202"} {
		cases = append(cases, struct {
			name   string
			answer func(w http.ResponseWriter)
			want   directbank.Fate
		}{code, say(200, failure(code)), directbank.Received})
	}
	for _, code := range []string{"1001", "1003", "1008", "1013", "1104", "2001", "2003", "2005", "2007", "2013", "2014", "2015"} {
		for _, status := range []int{200, 500} {
			cases = append(cases, struct {
				name   string
				answer func(w http.ResponseWriter)
				want   directbank.Fate
			}{fmt.Sprint(code, " ", status), say(status, failure(code)), directbank.NotTaken})
		}
	}
	for _, c := range cases {
		b := newBank(t, say(200, sid1), c.answer)
		_, err := b.client(nil).SendPack(t.Context(), []byte("packet"))
		if got := directbank.FateOf(err); got != c.want {
			t.Errorf("%s: %d, want %d (%v)", c.name, got, c.want, err)
		}
		if len(b.asked()) != 2 {
			t.Errorf("%s: %d requests", c.name, len(b.asked()))
		}
	}
	b := newBank(t)
	b.server.Close()
	if _, err := b.client(nil).SendPack(t.Context(), []byte("packet")); directbank.FateOf(err) != directbank.NotTaken {
		t.Errorf("nobody there: %v", err)
	}
}

func TestEveryCodeOfTheStandardIsASentenceWithANextStep(t *testing.T) {
	exits := map[string]exitcode.Code{"1001": 6, "1006": 3, "1201": 3, "1204": 3, "1008": 4, "2102": 5, "2002": 9, "2202": 9, "2203": 9, "2207": 5, "2205": 2, "2206": 2, "1009": 6, "1010": 6}
	seen := map[string]string{}
	for _, code := range strings.Fields("1001 1002 1003 1004 1005 1006 1007 1008 1009 1010 1011 1012 1013 1101 1102 1103 1104 1105 1106 1201 1202 1203 1204 1205 " +
		"2001 2002 2003 2004 2005 2006 2007 2008 2009 2010 2011 2012 2013 2014 2015 2101 2102 2201 2202 2203 2204 2205 2206 2207") {
		e := directbank.ErrorOf(&wire.Error{Code: code, Description: "слова банка"})
		ru, en := e.Message.In(i18n.RU), e.Message.In(i18n.EN)
		if !strings.Contains(ru, code) || !strings.Contains(ru, "слова банка") || !strings.Contains(en, code) || e.Hint.IsZero() || e.Exit == 0 || ru == en {
			t.Errorf("%s: %s | %s", code, ru, en)
		}
		if want, ok := exits[code]; ok && e.Exit != want {
			t.Errorf("%s: exit %d, want %d", code, e.Exit, want)
		}
		text := strings.ReplaceAll(ru, code, "")
		if before := seen[text]; before != "" && code != "2011" && code != "2012" {
			t.Errorf("%s says what %s says", code, before)
		}
		seen[text] = code
	}
}

func key(t *testing.T, name string) gost.Signer {
	t.Helper()
	k, err := gost3410.GenerateKey(gost3410.Default256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ca, err := gost.NewAuthority(rand.Reader, cert.Name{CommonName: untrusted.Text("DEMO CA")}, at, at.AddDate(5, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	c, err := gost.IssueSigning(rand.Reader, ca, cert.Name{CommonName: untrusted.Text(name)}, k.PublicKey(), at, at.AddDate(2, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	s, err := gost.NewKeySigner(c, k)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The bank encrypts the session's id for the certificate that it is shown; the key of
// the certificate opens it, and without the customer's id a password is all there is.
func TestACertificateSignsInAndItsKeyOpensTheSession(t *testing.T) {
	s := key(t, "one")
	var seen wire.X509Data
	var b *bank
	b = newBank(t, func(w http.ResponseWriter) {
		if err := directbank.Decode(b.asked()[0].body, &seen); err != nil {
			t.Error(err)
		}
		der, err := base64.StdEncoding.DecodeString(seen.Certificate)
		if err != nil {
			t.Error(err)
		}
		c, err := cert.Parse(der)
		if err != nil {
			t.Error(err)
		}
		enveloped, err := cms.Envelop(rand.Reader, []byte(wire.BOM+"s-cert\r\n"), c)
		if err != nil {
			t.Error(err)
		}
		say(200, open+`<Success><LogonCertResponse><EncryptedSID>`+base64.StdEncoding.EncodeToString(enveloped)+`</EncryptedSID></LogonCertResponse></Success>`+shut)(w)
	}, say(200, taken))
	c := b.client(func(o *directbank.Options) {
		o.Login = nil
		o.Certificate = func(context.Context) (*cert.Certificate, error) { return s.Certificate(), nil }
		o.Decrypt = func(_ context.Context, der []byte) ([]byte, error) { return gost.OpenEnveloped(s, der) }
	})
	if _, err := c.SendPack(t.Context(), []byte("<Packet/>")); err != nil {
		t.Fatal(err)
	}
	got := b.asked()
	if got[0].uri != "/db/LogonCert" || got[0].header.Get("CustomerID") != "DEMO-0001" || got[0].header.Get("Authorization") != "" || got[1].header.Get("SID") != "s-cert" {
		t.Errorf("%+v", got)
	}
	if seen.Issuer != "DEMO CA" || len(seen.Serial)%2 != 0 || seen.ID == "" || seen.FormatVersion != "2.3.2" {
		t.Errorf("%+v", seen)
	}

	b = newBank(t, say(200, sid1), say(200, taken))
	c = b.client(func(o *directbank.Options) {
		o.Customer = ""
		o.Certificate = func(context.Context) (*cert.Certificate, error) {
			t.Error("a certificate without the customer's id")
			return nil, errors.New("none")
		}
	})
	if _, err := c.SendPack(t.Context(), []byte("<Packet/>")); err != nil || b.asked()[0].uri != "/db/Logon" {
		t.Errorf("%v", err)
	}
}

// Each signer's CMS is over exactly the bytes that Data encodes, BOM and all, before
// they are zipped; OpenSSL agrees where its GOST engine is installed.
func TestASignatureIsOverTheExactBytesOfTheDocument(t *testing.T) {
	b := newBank(t)
	c := b.client(nil)
	for _, zipped := range []bool{false, true} {
		s, err := c.Seal(t.Context(), wire.KindProbe, "id-1", wire.Probe{Head: c.Head("id-1"), Sender: wire.Customer{ID: "DEMO-0001"}, Recipient: wire.Bank{BIC: "049999901"}}, zipped, []gost.Signer{key(t, "one"), key(t, "two")})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := directbank.Open(&s.Document)
		if err != nil || !bytes.Equal(raw, s.Bytes) || !bytes.HasPrefix(raw, []byte(wire.BOM)) || s.Compressed != zipped {
			t.Fatalf("%v %v", err, s.Compressed)
		}
		if len(s.Signatures) != 2 || s.Signatures[0].Issuer != "DEMO CA" || len(s.Signatures[0].Serial)%2 != 0 || s.Signatures[0].Serial == s.Signatures[1].Serial {
			t.Errorf("%+v", s.Signatures)
		}
		for _, one := range s.Signatures {
			verify(t, one.SignedData, raw)
		}
	}
}

func verify(t *testing.T, signed string, raw []byte) {
	t.Helper()
	der, err := base64.StdEncoding.DecodeString(signed)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("openssl", "engine", "gost").CombinedOutput(); err != nil || !bytes.Contains(out, []byte("gost")) {
		t.Log("OpenSSL has no GOST engine here: its opinion is not asked")
		return
	}
	dir := t.TempDir()
	sig, content := filepath.Join(dir, "sig.der"), filepath.Join(dir, "content")
	if err := errors.Join(os.WriteFile(sig, der, 0o600), os.WriteFile(content, raw, 0o600)); err != nil {
		t.Fatal(err)
	}
	check := func(content string) error {
		return exec.Command("openssl", "cms", "-verify", "-engine", "gost", "-inform", "DER", "-in", sig, "-binary", "-content", content, "-noverify", "-out", os.DevNull).Run()
	}
	if err := check(content); err != nil {
		t.Errorf("OpenSSL does not take the signature: %v", err)
	}
	if err := os.WriteFile(content, bytes.TrimPrefix(raw, []byte(wire.BOM)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := check(content); err == nil {
		t.Error("without its BOM the document is signed as well")
	}
}

func TestWhatABankDemandsAndNobodyCanDoIsRefusedWithAReason(t *testing.T) {
	if _, err := directbank.Open(&wire.Document{Encrypted: true}); fault.ExitOf(err) != exitcode.Refused {
		t.Errorf("an encrypted document: %v", err)
	}
	raw, err := os.ReadFile("../../portal/wire/directbank/testdata/settings-certificate.xml")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := directbank.ParseSettings(raw); err != nil || s.Data.CustomerID != "DEMO-0001" {
		t.Fatalf("an algorithm of encryption alone demands nothing: %v", err)
	}
	for what, c := range map[string]struct {
		from, to string
		exit     exitcode.Code
	}{
		"a module":        {"</CryptoParameters>", "<URLAddinInfo>https://bank.example/addin</URLAddinInfo></CryptoParameters>", exitcode.Refused},
		"a newer version": {"<FormatVersion>2.3.2<", "<FormatVersion>3.0.0<", exitcode.Refused},
		"a bad rule":      {"(11)||(10)", "11 or 10", exitcode.Usage},
		"no address":      {"https://directbank.example/db", "", exitcode.Usage},
	} {
		if _, err := directbank.ParseSettings(bytes.Replace(raw, []byte(c.from), []byte(c.to), 1)); fault.ExitOf(err) != c.exit {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := directbank.ParseSettings([]byte("<html/>")); fault.ExitOf(err) != exitcode.Usage {
		t.Error(err)
	}
}

func TestARuleOfSignaturesIsChosenByWhoIsThere(t *testing.T) {
	r, err := directbank.ParseRule("(110)||(111)||(001)")
	if err != nil || r.String() != "(11)||(111)||(001)" {
		t.Fatal(r, err)
	}
	for there, want := range map[string]string{"12": "[1 2]", "123": "[1 2]", "3": "[3]", "1": "none"} {
		groups, ok := r.Choose(func(g int) bool { return strings.Contains(there, fmt.Sprint(g)) })
		got := fmt.Sprint(groups)
		if !ok {
			got = "none"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", there, got, want)
		}
	}
	for _, unsigned := range []string{"", "(0)", "(00)"} {
		if r, err := directbank.ParseRule(unsigned); err != nil || len(r) != 1 || len(r[0]) != 0 {
			t.Errorf("%q: %v %v", unsigned, r, err)
		}
	}
}

func TestAMarkIsTakenAsItIsAndNeverConverted(t *testing.T) {
	for stamp, want := range map[string]string{"2026-03-02T10:00:30": "01.03.2026 10:00:30", "2026-03-02T10:00:30.123Z": "01.03.2026 10:00:30", "2026-03-02T10:00:30+03:00": "01.03.2026 10:00:30", "yesterday": "", "": ""} {
		if got, ok := directbank.Since(stamp, 24*time.Hour); got != want || ok != (want != "") {
			t.Errorf("%q: %q", stamp, got)
		}
	}
}

func TestAnUnpackedDocumentHasABound(t *testing.T) {
	d := &wire.Document{Compressed: true, Data: wire.Data{Text: "bm90IGEgemlw"}}
	if _, err := directbank.Open(d); err == nil {
		t.Error("it is no archive")
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(taken))
	f.Add([]byte(failure("2002")))
	f.Fuzz(func(t *testing.T, body []byte) {
		var p wire.StatusDocNotice
		if err := directbank.Decode(body, &p); err == nil {
			if _, err := xml.Marshal(p); err != nil {
				t.Fatal(err)
			}
		}
	})
}
