package errors

import (
	stderrors "errors"
	"io/fs"
	"os"
	"syscall"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// fromSystem words what the operating system refused to do with a file, or
// returns nil: a full disk and missing rights are the user's to mend and are
// told in the user's language, with the path.
func fromSystem(err error) *fault.Error {
	var at *fs.PathError
	if !stderrors.As(err, &at) {
		return nil
	}
	made := func(code, ru, en string) *fault.Error {
		return fault.New(exitcode.Failure, code, i18n.Text{RU: ru, EN: en}.With(untrusted.Text(at.Path))).Because(err)
	}
	var elsewhere i18n.Message
	if at.Path != os.Stdout.Name() {
		elsewhere = i18n.Say("проверьте права и место; другая папка для данных: EPGU_HOME=/путь",
			"check the rights and the space; another folder for the data: EPGU_HOME=/path")
	}
	switch {
	case stderrors.Is(err, syscall.ENOSPC), stderrors.Is(err, syscall.EDQUOT):
		return made("system.no_space", "на диске нет места: %s", "no space left on the disk: %s").Advise(elsewhere)
	case stderrors.Is(err, syscall.EROFS):
		return made("system.read_only", "диск доступен только для чтения: %s", "the disk can only be read: %s").Advise(elsewhere)
	case stderrors.Is(err, fs.ErrPermission):
		return made("system.permission", "нет прав на %s", "no rights to %s").Advise(elsewhere)
	case stderrors.Is(err, syscall.ENOTDIR):
		return made("system.not_a_folder", "на пути %s стоит файл, а не папка", "a file stands in the way of the folder %s").Advise(elsewhere)
	case stderrors.Is(err, fs.ErrNotExist):
		return made("system.absent", "нет файла или папки %s", "there is no file or folder %s")
	}
	return nil
}
