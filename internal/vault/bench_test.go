package vault_test

import (
	"testing"

	"github.com/epgu-cli/epgu/internal/vault"
	"github.com/epgu-cli/epgu/internal/vault/keyring"
)

// BenchmarkLoadFromAKeyFile is what "auth status" pays for the vault.
func BenchmarkLoadFromAKeyFile(b *testing.B) {
	o := options(b.TempDir(), &ring{away: keyring.NoBus})
	if err := vault.Open(o).Save(b.Context(), sample()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := vault.Open(o).Load(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoadWithAKeyInHand is a sealed file, the keyring left aside.
func BenchmarkLoadWithAKeyInHand(b *testing.B) {
	v := vault.Open(options(b.TempDir(), &ring{}))
	if err := v.Save(b.Context(), sample()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := v.Load(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
