package registers

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

func BenchmarkCheck(b *testing.B) {
	var file strings.Builder
	file.WriteString("УИН;Сумма, руб.;ИНН плательщика;КПП плательщика;Плательщик;Получатель;ИНН получателя;КПП получателя;Счёт получателя;БИК;Корр. счёт;КБК;ОКТМО;Назначение платежа;101;106;107;108;109;Наш номер\n")
	for i := range 20_000 {
		fmt.Fprintf(&file, "%s;%d,%02d;7707083893;773001001;Тестов Учебный Номер-%d;УФК по учебной области № %d;7730176610;773001001;031006430000000173%02d;004525988;40102810545370000003;188108071410100%02d110;453280%02d;Госпошлина за регистрацию транспортного средства, заявление %d;24;0;0;0;0;Б-%07d\n",
			uin(i), 100+i%9000, i%100, i, i%50, i%50, i%50, i%50, i, i)
	}
	path := save(b, b.TempDir(), "a.csv", file.String())
	b.Run("check", func(b *testing.B) {
		b.SetBytes(int64(file.Len()))
		b.ReportAllocs()
		for b.Loop() {
			if sum, err := Check(context.Background(), Options{Files: []string{path}}, nil); err != nil || sum.Errors > 0 {
				b.Fatal(err, sum)
			}
		}
	})
	b.Run("bare encoding csv", func(b *testing.B) {
		b.SetBytes(int64(file.Len()))
		for b.Loop() {
			f, err := os.Open(path)
			if err != nil {
				b.Fatal(err)
			}
			r := csv.NewReader(f)
			r.Comma, r.ReuseRecord = ';', true
			for err == nil {
				_, err = r.Read()
			}
			if err != io.EOF {
				b.Fatal(err)
			}
			f.Close()
		}
	})
}
