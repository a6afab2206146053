package vault

import (
	"errors"
	"io/fs"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
	"github.com/epgu-cli/epgu/internal/vault/keyring"
)

// Stable codes of the faults of this package.
const (
	CodeReadOnly   = "vault.read_only"         // exit 2: secrets come from the environment or a command
	CodeBadToken   = "vault.bad_token"         // exit 2: what they give is no token
	CodeCommand    = "vault.token_command"     // exit 3: EPGU_TOKEN_COMMAND failed
	CodeExpired    = "vault.token_expired"     // exit 3: a given token is no longer fresh
	CodeAway       = "vault.keyring_away"      // exit 3: the key is in a keyring that cannot be used now
	CodeNoKey      = "vault.key_missing"       // exit 3: the key of the file is gone
	CodeBadKey     = "vault.key_unreadable"    // exit 3: the key file is no identity file
	CodePassphrase = "vault.passphrase_needed" // exit 3: the key file has a passphrase and nobody can be asked
	CodeWrongPass  = "vault.passphrase_wrong"  // exit 3
	CodeDamaged    = "vault.damaged"           // exit 3: the file does not open
	CodeNewer      = "vault.newer"             // exit 1: written by a newer version
	CodeRead       = "vault.cannot_read"       // exit 1: permissions, link, I/O
	CodeWrite      = "vault.cannot_write"      // exit 1: permissions, link, full disk
	CodeBusy       = "vault.busy"              // exit 9: another process holds the lock too long
)

// Causes inside the faults.
var (
	errNotVault  = errors.New("not a vault file")
	errNotRecord = errors.New("the content is not the record of this profile")
	errKeySize   = errors.New("the key has the wrong size")
	errReadBack  = errors.New("the file does not hold what was written")
	errExposed   = errors.New("other users may read or write the file")
	errTooLarge  = errors.New("the file is too large")
)

// login is the hint that mends most faults.
func (v *Vault) login() string {
	return "epgu auth login --profile " + untrusted.Text(v.o.Profile).String()
}

func (v *Vault) damaged(err error) error {
	return fault.New(exitcode.Auth, CodeDamaged, i18n.Text{
		RU: "хранилище %s не открывается: файл изменён или ключ не от него",
		EN: "the vault %s does not open: the file was changed or the key is another's",
	}.With(v.path(".vault"))).Because(err).AdviseRun(v.login())
}

func (v *Vault) newer(got int) error {
	return fault.New(exitcode.Failure, CodeNewer, i18n.Text{
		RU: "хранилище %s записано более новой версией epgu (формат %d)",
		EN: "the vault %s was written by a newer epgu (format %d)",
	}.With(v.path(".vault"), got)).Advise(i18n.Say("обновите epgu", "update epgu"))
}

func (v *Vault) keyringAway(err error) error {
	return fault.New(exitcode.Auth, CodeAway, i18n.Text{
		RU: "ключ хранилища лежит в связке ключей системы, а она сейчас недоступна: %s",
		EN: "the key of the vault is in the system keyring, which cannot be used now: %s",
	}.With(reasonText(keyring.ReasonOf(err)))).Because(err).
		Advise(i18n.Text{
			RU: "разблокируйте связку ключей, задайте EPGU_TOKEN или войдите с ключом в файле: %s --store file",
			EN: "unlock the keyring, set EPGU_TOKEN, or sign in with the key in a file: %s --store file",
		}.With(v.login()))
}

func (v *Vault) keyMissing(k Kind, place string, err error) error {
	message := i18n.Text{
		RU: "ключа от хранилища нет: файл %s не найден",
		EN: "the key of the vault is gone: there is no file %s",
	}
	if k == Keyring {
		message = i18n.Text{
			RU: "ключа от хранилища нет: в связке ключей системы нет записи %s",
			EN: "the key of the vault is gone: the system keyring has no entry %s",
		}
	}
	return fault.New(exitcode.Auth, CodeNoKey, message.With(untrusted.Text(place))).Because(err).AdviseRun(v.login())
}

func hasCode(err error, code string) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Code == code
}

func (v *Vault) badKeyFile(path string, err error) error {
	return fault.New(exitcode.Auth, CodeBadKey, i18n.Text{
		RU: "в файле %s нет ключа age (X25519)",
		EN: "the file %s holds no age key (X25519)",
	}.With(untrusted.Text(path))).Because(err)
}

func (v *Vault) passphraseNeeded(path string) error {
	return fault.New(exitcode.Auth, CodePassphrase, i18n.Text{
		RU: "файл ключа %s защищён паролем, а спросить его не у кого",
		EN: "the key file %s is protected by a passphrase and nobody can be asked for it",
	}.With(untrusted.Text(path))).Advise(i18n.Say(
		"запустите команду в терминале или задайте EPGU_TOKEN, либо ключ без пароля через $CREDENTIALS_DIRECTORY",
		"run the command in a terminal, or set EPGU_TOKEN, or give a key without a passphrase in $CREDENTIALS_DIRECTORY"))
}

func (v *Vault) wrongPassphrase(path string, err error) error {
	return fault.New(exitcode.Auth, CodeWrongPass, i18n.Text{
		RU: "пароль не подходит к файлу ключа %s",
		EN: "the passphrase does not open the key file %s",
	}.With(untrusted.Text(path))).Because(err)
}

func (v *Vault) cannotRead(err error) error { return v.fileFault(CodeRead, err) }

func (v *Vault) cannotWrite(err error) error { return v.fileFault(CodeWrite, err) }

// fileFault says which file is at fault and what mends it.
func (v *Vault) fileFault(code string, err error) error {
	path := v.path(".vault")
	var p *fs.PathError
	if errors.As(err, &p) {
		path = p.Path
	}
	message := i18n.Text{RU: "не удалось прочитать хранилище %s", EN: "cannot read the vault %s"}
	if code == CodeWrite {
		message = i18n.Text{RU: "не удалось записать хранилище %s", EN: "cannot write the vault %s"}
	}
	f := fault.New(exitcode.Failure, code, message.With(untrusted.Text(path))).Because(err)
	switch {
	case errors.Is(err, errExposed):
		f.AdviseRun("chmod 600 '" + untrusted.Text(path).String() + "'")
	case errors.Is(err, atomicfile.ErrSymlink):
		f.Advise(i18n.Say("на месте файла стоит символическая ссылка: удалите её", "a symbolic link stands in place of the file: remove it"))
	default:
		f.Advise(i18n.Say("проверьте права на папку и свободное место", "check the permissions of the folder and the free space"))
	}
	return f
}

func (v *Vault) busy(err error) error {
	return fault.New(exitcode.Conflict, CodeBusy, i18n.Text{
		RU: "другой процесс epgu слишком долго держит хранилище (%s)",
		EN: "another epgu process has held the vault for too long (%s)",
	}.With(v.path(".lock"))).Because(err).
		Advise(i18n.Say("дождитесь его или остановите и повторите", "wait for it or stop it, then repeat"))
}

// reasonText says in words why the keyring is not used.
func reasonText(r keyring.Reason) i18n.Text {
	switch r {
	case keyring.NoBus:
		return i18n.Text{RU: "нет сеансовой шины D-Bus", EN: "there is no D-Bus session bus"}
	case keyring.NoAnswer:
		return i18n.Text{RU: "она не ответила вовремя", EN: "it did not answer in time"}
	case keyring.NoService:
		return i18n.Text{RU: "служба связки ключей не запущена", EN: "no keyring service is running"}
	case keyring.NoCollection:
		return i18n.Text{RU: "связка ключей ещё не создана", EN: "no keyring has been created yet"}
	case keyring.Locked:
		return i18n.Text{RU: "она заблокирована, а разблокировать её некому", EN: "it is locked and nobody is here to unlock it"}
	case keyring.Dismissed:
		return i18n.Text{RU: "запрос на разблокировку отклонён", EN: "the request to unlock it was declined"}
	case keyring.Unanswered:
		return i18n.Text{RU: "на запрос о разблокировке никто не ответил", EN: "nobody answered the request to unlock it"}
	case keyring.Turned:
		return i18n.Text{RU: "выбрано хранение ключа в файле", EN: "the key is kept in a file by choice"}
	}
	return i18n.Text{RU: "она ответила ошибкой", EN: "it answered with an error"}
}
