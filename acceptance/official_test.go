package acceptance

import (
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// ownSystem is an information system whose profile stands for a portal of the state:
// nothing of it comes from a training portal.
type ownSystem struct {
	*program
	dir, key, cert, apiKey string
}

func newOwnSystem(t *testing.T, portal *servedPortal) *ownSystem {
	t.Helper()
	var client struct {
		ClientID, RedirectURI, KeyPEM, CertificatePEM string
		APIKeys                                       []struct{ Key string }
	}
	var here struct {
		ESIA struct{ Issuer, CertificatePEM string } `json:"esia"`
	}
	for path, out := range map[string]any{"/sandbox/v1/client": &client, "/.well-known/epgu": &here} {
		resp, err := http.Get(portal.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		err = json.NewDecoder(resp.Body).Decode(out)
		_ = resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
	}
	s := &ownSystem{program: newProgram(t, build(t), "EPGU_PROFILE=stand"), dir: t.TempDir(), apiKey: client.APIKeys[0].Key}
	s.key, s.cert = s.file("key.pem", client.KeyPEM), s.file("cert.pem", client.CertificatePEM)
	for name, value := range map[string]string{
		"kind": "epgu", "portal": portal.URL, "esia": portal.URL, "esia_issuer": here.ESIA.Issuer, "esia_cert": s.file("esia.pem", here.ESIA.CertificatePEM),
		"client_id": client.ClientID, "client_cert": s.cert, "redirect_uri": client.RedirectURI,
	} {
		s.set(name, value)
	}
	return s
}

func (s *ownSystem) file(name, content string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

func (s *ownSystem) set(name, value string) {
	s.t.Helper()
	if got := s.end(nil, "config", "set", name, value, "--in-profile", "stand"); got.code != 0 {
		s.t.Fatalf("%s: %+v", name, got)
	}
}

func (s *ownSystem) openssl(args ...string) {
	s.t.Helper()
	if out, err := exec.CommandContext(s.t.Context(), "openssl", args...).CombinedOutput(); err != nil {
		s.t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func needEngine(t *testing.T) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "openssl", "engine", "gost").CombinedOutput(); err != nil || !strings.Contains(string(out), "gost") {
		t.Skip("no OpenSSL with a GOST engine here (Debian: openssl, libengine-gost-openssl)")
	}
}

func TestAnOwnProfileStandsForAPortalOfTheState(t *testing.T) {
	portal := servePortal(t)
	s := newOwnSystem(t, portal)
	s.set("client_key", s.key)
	if got := s.end(strings.NewReader(s.apiKey+"\n"), "auth", "login", "--api-key-stdin", "--json", "signedIn"); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	portal.mu.Lock()
	for _, seen := range portal.seen {
		if strings.HasPrefix(seen, "GET /.well-known/epgu") && strings.Count(strings.Join(portal.seen, "\n"), seen) > 1 || strings.Contains(seen, "/cabinet/") {
			t.Errorf("a portal of kind epgu was asked for %s", seen)
		}
	}
	portal.mu.Unlock()
	if got := s.end(nil, "bill", "list"); got.code != 4 || !strings.Contains(got.errOut, "stand") {
		t.Errorf("%+v", got)
	}
	s.set("esia_issuer", "http://esia.example/")
	if got := s.end(strings.NewReader(s.apiKey+"\n"), "auth", "login", "--api-key-stdin"); got.code != 4 {
		t.Errorf("a marker of another issuer: %+v", got)
	}
}

func TestTheKeyOfASystemMayBeEncryptedOrElsewhere(t *testing.T) {
	needEngine(t)
	portal := servePortal(t)
	s := newOwnSystem(t, portal)
	pin := s.file("pin", "pin-1234\n")
	login := func(args ...string) outcome {
		return s.end(strings.NewReader(s.apiKey+"\n"), append([]string{"auth", "login", "--api-key-stdin"}, args...)...)
	}
	enc, p12 := filepath.Join(s.dir, "enc.pem"), filepath.Join(s.dir, "key.p12")
	s.openssl("pkcs8", "-engine", "gost", "-topk8", "-in", s.key, "-out", enc, "-v2", "aes-256-cbc", "-passout", "file:"+pin)
	s.openssl("pkcs12", "-engine", "gost", "-export", "-inkey", s.key, "-in", s.cert, "-out", p12, "-passout", "file:"+pin)
	for _, key := range []string{enc, p12} {
		s.set("client_key", key)
		if got := login(); got.code != 2 || !strings.Contains(got.errOut, "--pin-file") {
			t.Errorf("%s without a passphrase: %+v", key, got)
		}
		if got := login("--pin-file", pin); got.code != 0 {
			t.Errorf("%s: %+v", key, got)
		}
	}
	s.set("client_pin_file", pin)
	if got := login(); got.code != 0 {
		t.Errorf("by client_pin_file: %+v", got)
	}

	// The same key kept by epgu cert, its PIN in the vault.
	if got := s.end(nil, "cert", "import", "--key", p12, "--name", "system", "--key-pin-file", pin, "--pin-file", pin, "--remember-pin"); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	for _, name := range []string{"client_pin_file"} {
		if got := s.end(nil, "config", "set", name, "--unset", "--in-profile", "stand"); got.code != 0 {
			t.Fatalf("%+v", got)
		}
	}
	s.set("client_key", "store:system")
	if got := login(); got.code != 0 {
		t.Errorf("from the store: %+v", got)
	}

	// A key that cannot leave its device: another program signs, here on the page too.
	sh := s.file("sign.sh", "#!/bin/sh\necho run >> "+s.dir+"/runs\nexec openssl dgst -engine gost -md_gost12_256 -binary -sign "+s.key+"\n")
	if err := os.Chmod(sh, 0o700); err != nil {
		t.Fatal(err)
	}
	s.set("client_key", filepath.Join(s.dir, "absent.pem"))
	if got := login("--signer", "exec-raw:"+sh); got.code != 0 {
		t.Errorf("--signer with an API key: %+v", got)
	}
	s.set("consent_responsible", "Test stand")
	got := s.end(strings.NewReader("code\n"), "auth", "login", "--no-browser", "--code-stdin", "--signer", "exec-raw:"+sh)
	if runs, err := os.ReadFile(filepath.Join(s.dir, "runs")); err != nil || strings.Count(string(runs), "run") < 2 {
		t.Errorf("the program did not sign: %q %v %+v", runs, err, got)
	}
	at := strings.Index(got.errOut, "http")
	if at < 0 {
		t.Fatalf("no address: %+v", got)
	}
	page, err := url.Parse(strings.Fields(got.errOut[at:])[0])
	if err != nil || page.Query().Get("client_secret") == "" || page.Query().Get("permissions") == "" {
		t.Fatalf("%v %v", page, err)
	}
	jar, err := cookiejar.New(nil) // the page knows its visitor by a cookie
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Jar: jar}).Get(page.String())
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("the portal did not take the request: %d at %s", resp.StatusCode, resp.Request.URL)
	}
}

func TestOurPortalSpeaksAsTheSpecificationSays(t *testing.T) {
	portal := servePortal(t)
	s := newOwnSystem(t, portal)
	s.set("client_key", s.key)
	states := func() (out string) {
		got := s.end(nil, "conformance", portal.URL, "--csv", "--columns", "table,call,state,said")
		if got.code != 0 || strings.Contains(got.out, ",differs,") {
			t.Errorf("%+v", got)
		}
		return got.out
	}
	if out := states(); strings.Count(out, ",not-asked,") < 8 {
		t.Errorf("without a sign-in:\n%s", out)
	}
	if got := s.end(strings.NewReader(s.apiKey+"\n"), "auth", "login", "--api-key-stdin"); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	if out := states(); strings.Contains(out, ",not-asked,") {
		t.Errorf("signed in:\n%s", out)
	}
	portal.answer(func(r *http.Request) bool { return r.URL.Path == "/api/gusmev/order/getUpdatedAfter" }, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"count":"0","content":[]}`))
	}))
	if got := s.end(nil, "conformance", portal.URL, "--csv", "--columns", "table,call,state"); got.code != 1 || !strings.Contains(got.out, "24,GET /api/gusmev/order/getUpdatedAfter,differs") {
		t.Errorf("a portal that differs: %+v", got)
	}
}

func TestALetterAboutAnIncidentIsMadeOfWhatWasSent(t *testing.T) {
	portal := servePortal(t)
	s := newOwnSystem(t, portal)
	s.set("client_key", s.key)
	if got := s.end(strings.NewReader(s.apiKey+"\n"), "auth", "login", "--api-key-stdin"); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	if got := s.end(nil, "support", "incident", "777"); got.code != 5 {
		t.Errorf("%+v", got)
	}
	portal.answer(func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/gusmev/order/777") }, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte(`{"code":"internal_error","message":"x"}`))
	}))
	s.end(nil, "application", "download", "777")
	got := s.end(nil, "support", "incident", "777", "--description", "No details come.")
	if got.code != 0 || strings.Contains(got.out, "eyJ") {
		t.Fatalf("%+v", got)
	}
	for _, want := range []string{"To: sd@sc.digital.gov.ru", "#API-ЕПГУ #Ошибка 500 POST /api/gusmev/order/777", "Authorization: [hidden]", "internal_error", "No details come."} {
		if !strings.Contains(got.out, want) {
			t.Errorf("no %q in\n%s", want, got.out)
		}
	}
}
