package vault

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/vault/keyring"
)

// Description says where the secrets of a profile are, for "auth status".
type Description struct {
	Kind  Kind         `json:"kind"`
	Place string       `json:"place,omitempty"` // the variable, or the path of the encrypted file
	Key   string       `json:"key,omitempty"`   // the keyring's account, or the path of the key file
	Why   string       `json:"why,omitempty"`   // the keyring.Reason for Kind File: why not the keyring
	Name  i18n.Text    `json:"-"`               // the kind in words
	Note  i18n.Message `json:"-"`               // Why in words; empty when there is nothing to explain
	Saved time.Time    `json:"saved,omitzero"`  // when the file was written; zero when unknown
}

// Describe says where the secrets are and why there. It reads the environment
// and the file, never the keyring and never the user's command; the key of a
// Keyring vault is not needed to tell.
func (v *Vault) Describe(ctx context.Context) (Description, error) {
	if err := v.begin(ctx); err != nil {
		return Description{}, err
	}
	defer v.end()
	switch k := v.given(); k {
	case Env:
		return Description{Kind: k, Place: EnvToken, Name: i18n.Text{RU: "переменная окружения", EN: "environment variable"}}, nil
	case Command:
		return Description{Kind: k, Place: EnvCommand, Name: i18n.Text{RU: "команда пользователя", EN: "the user's command"}}, nil
	}
	path := v.path(".vault")
	kind, account, err := peek(path)
	if err != nil {
		return Description{}, v.cannotRead(err)
	}
	d := Description{Kind: kind, Place: path}
	if fi, err := os.Stat(path); err == nil {
		d.Saved = fi.ModTime()
	} else if !errors.Is(err, fs.ErrNotExist) {
		return Description{}, v.cannotRead(err)
	}
	switch kind {
	case Keyring:
		d.Key = account
		d.Name = i18n.Text{RU: "зашифрованный файл, ключ в связке ключей системы", EN: "encrypted file, key in the system keyring"}
	case File:
		d.Name = i18n.Text{RU: "зашифрованный файл, ключ в файле", EN: "encrypted file, key in a file"}
		// A key with a passphrase stays closed: a description asks nobody.
		if v.keys.age != nil || v.o.Passphrase == nil {
			if r, err := v.loadRecord(ctx); err == nil {
				d.Saved, d.Why = r.Saved, r.Why
			}
		} else {
			d.Why = v.keys.why
		}
		d.Key = v.keys.ageFile
		if d.Why != "" {
			d.Note = i18n.Text{RU: "связка ключей системы не используется: %s", EN: "the system keyring is not used: %s"}.With(reasonText(keyring.Reason(d.Why)))
		}
	default:
		d.Place = ""
		d.Name = i18n.Text{RU: "ничего не сохранено", EN: "nothing is stored"}
	}
	return d, nil
}

// waiting tells the person that the keyring waits for them.
func (v *Vault) waiting(limit time.Duration) {
	if v.o.Notify != nil {
		v.o.Notify(i18n.Text{
			RU: "жду, пока вы разблокируете связку ключей системы (не дольше %d с)…",
			EN: "waiting for you to unlock the system keyring (at most %d s)…",
		}.With(int(limit.Round(time.Second) / time.Second)))
	}
}
