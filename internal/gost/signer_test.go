package gost

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/external"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/keyfile"
	"github.com/epgu-cli/epgu/internal/gost/openssltest"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/i18n"
)

func newLeaf(t *testing.T) (*cert.Certificate, *gost3410.PrivateKey, *cms.VerifyOptions) {
	t.Helper()
	from, until := time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0)
	ca, err := NewAuthority(nil, cert.Name{CommonName: "CA"}, from, until)
	if err != nil {
		t.Fatal(err)
	}
	key := newKey(t, "A", 10)
	leaf, err := IssueSigning(nil, ca, cert.Name{CommonName: "Подписант"}, key.PublicKey(), from, until)
	if err != nil {
		t.Fatal(err)
	}
	return leaf, key, &cms.VerifyOptions{Chain: cert.ChainOptions{Roots: []*cert.Certificate{ca.Certificate}, Time: time.Now()}}
}

func TestEverySignerGivesSignaturesThatHold(t *testing.T) {
	leaf, key, o := newLeaf(t)
	signers := map[string]Signer{}
	var err error
	if signers["key"], err = NewKeySigner(leaf, key); err != nil {
		t.Fatal(err)
	}
	t.Run("programs", func(t *testing.T) {
		j := openssltest.New(t)
		j.Write(t, "key.pem", keyfile.MarshalPEM(key))
		j.Write(t, "cert.pem", leaf.PEM())
		t.Setenv("OPENSSL_CONF", j.Config)
		for _, spec := range []string{"exec-raw:openssl dgst -md_gost12_256 -sign '%s/key.pem'", "exec:openssl cms -sign -binary -cades -md md_gost12_256 -outform DER -signer '%[1]s/cert.pem' -inkey '%[1]s/key.pem'"} {
			s, err := NewExternalSigner(fmt.Sprintf(spec, j.Dir), leaf, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			checkSigner(t, spec, s, leaf, o)
		}
	})
	for name, s := range signers {
		checkSigner(t, name, s, leaf, o)
	}
}

func checkSigner(t *testing.T, name string, s Signer, leaf *cert.Certificate, o *cms.VerifyOptions) {
	t.Helper()
	content := []byte("Заявление")
	der, err := s.SignDetached(context.Background(), bytes.NewReader(content), time.Now())
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if r, err := cms.VerifyDetached(context.Background(), der, bytes.NewReader(content), o); err != nil || r.Status() != verdict.Valid {
		t.Errorf("%s: %v, %+v", name, err, r)
	}
	_, whole := MessageSigner(s)
	sig, err := s.SignRaw(context.Background(), content)
	if !whole {
		if !errors.Is(err, external.ErrKind) {
			t.Errorf("%s: a raw signature from a program that makes CMS: %v", name, err)
		}
		return
	}
	if err != nil || VerifyRaw(leaf.Key, content, sig) != nil {
		t.Errorf("%s: the raw signature: %v", name, err)
	}
}

func TestEveryKnownErrorHasWordsForPeople(t *testing.T) {
	for _, c := range []struct {
		err  error
		exit exitcode.Code
		code string
	}{
		{keyfile.ErrPassphrase, exitcode.Usage, "cert.passphrase"},
		{keyfile.ErrUnsupported, exitcode.Usage, "cert.key_protection"},
		{keyfile.ErrFormat, exitcode.Usage, "cert.key_file"},
		{gost3410.ErrEncoding, exitcode.Usage, "cert.key_file"},
		{gost3410.ErrCurve, exitcode.Usage, "cert.key_unsupported"},
		{cms.ErrMismatch, exitcode.Usage, "cert.key_mismatch"},
		{cms.ErrFormat, exitcode.Usage, "signature.unreadable"},
		{cert.ErrFormat, exitcode.Usage, "cert.unreadable"},
		{cert.ErrUnsupported, exitcode.Usage, "cert.not_gost"},
		{cert.ErrSignature, exitcode.Usage, "cert.signature"},
		{external.ErrSpec, exitcode.Usage, "signer.spec"},
		{external.ErrKind, exitcode.Usage, "signer.kind"},
		{external.ErrOutput, exitcode.Failure, "signer.output"},
		{external.ErrRun, exitcode.Failure, "signer.failed"},
		{ErrToken, exitcode.Refused, "token.unreadable"},
		{ErrSignature, exitcode.Refused, "signature.invalid"},
		{ErrKey, exitcode.Usage, "cert.key_unsupported"},
	} {
		var f *fault.Error
		if err := Explain(fmt.Errorf("file x: %w", c.err)); !errors.As(err, &f) || f.Code != c.code || f.Exit != c.exit || !errors.Is(err, c.err) ||
			f.Message.In(i18n.RU) == "" || f.Message.In(i18n.EN) == "" {
			t.Errorf("%v: %+v", c.err, f)
		}
	}
	if Explain(nil) != nil || Explain(os.ErrNotExist) != os.ErrNotExist {
		t.Error("other errors are changed")
	}
}
