package gusmev

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/i18n"
)

func TestASignatureHoldsOnlyForItsContentAndTerm(t *testing.T) {
	now := time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC)
	key, err := gost3410.GenerateKey(gost3410.Default256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := cert.CreateSelfSigned(rand.Reader, &cert.Template{
		Subject: cert.Name{CommonName: "Учебный подписант"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
	}, key)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := cms.NewKeySigner(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	content := []byte("<application/>")
	sign := func(o *cms.Options) []byte {
		sig, err := cms.SignDetached(t.Context(), bytes.NewReader(content), o, signer)
		if err != nil {
			t.Fatal(err)
		}
		return sig
	}
	sig := sign(&cms.Options{Time: now})
	cases := []struct {
		name         string
		at           time.Time
		content, sig []byte
		foreign      bool
		want         string // in the reason, in English; "" is good
	}{
		{"as it was signed", now, content, sig, false, ""},
		{"another content", now, []byte("<application />"), sig, false, "not the file that was signed"},
		{"an expired certificate", now.Add(2 * time.Hour), content, sig, false, "expired"},
		{"another signer", now, content, sig, true, "not the applicant"},
		{"no certificate inside", now, content, sign(&cms.Options{Time: now, NoCertificates: true}), false, "certificate"},
		{"no signature at all", now, content, []byte("nothing"), false, "CMS"},
	}
	for _, tc := range cases {
		err := verifier(tc.at, func(*cert.Certificate) (bool, error) { return !tc.foreign, nil })(tc.content, tc.sig)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", tc.name, err)
		}
		var l i18n.Localised
		if err != nil && (!errors.As(err, &l) || !strings.ContainsAny(l.In(i18n.RU), "абвгдеиноп")) {
			t.Errorf("%s: not said in Russian: %v", tc.name, err)
		}
	}
}
