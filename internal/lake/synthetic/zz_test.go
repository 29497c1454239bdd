package synthetic_test
import ("testing";"os";"strconv";"path/filepath";"github.com/sillok/sillok/internal/lake/synthetic")
func TestZZ(t *testing.T){
 mb,_:=strconv.Atoi(os.Getenv("ZZ")); if mb==0 {t.Skip()}
 d:=os.Getenv("ZZDIR")
 c:=synthetic.Config{Seed:1,Bytes:int64(mb)<<20,Objects:max(1,mb*3/2)}
 c.Dir=filepath.Join(d,"trail"); m,err:=synthetic.CloudTrail(t.Context(),c); t.Log(m,err)
 c.Dir=filepath.Join(d,"flow"); m,err=synthetic.FlowLogs(t.Context(),c); t.Log(m,err)
 c.Dir=filepath.Join(d,"alb"); m,err=synthetic.LoadBalancer(t.Context(),c); t.Log(m,err)
}
