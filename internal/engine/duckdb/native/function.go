package native

/*
#include <stdint.h>
#include <stdlib.h>

void sillokCall(void *info, void *input, void *output);
typedef void (*sillok_call_t)(void *, void *, void *);

void sillokForget(void *extra);
typedef void (*sillok_forget_t)(void *);
*/
import "C"

import (
	"fmt"
	"runtime/cgo"
	"runtime/debug"
	"unsafe"

	duck "github.com/duckdb/duckdb-go-bindings"

	"github.com/sillok/sillok/internal/sql/datatype"
)

// Function is a function in Go that SQL can call. It sees NULL arguments.
type Function struct {
	Name     string
	Params   []datatype.Type
	Result   datatype.Type
	Volatile bool
	// Call computes one row; it is called from several threads at once and must
	// not keep args.
	Call func(args []any) (any, error)
}

// Define makes f callable until the database is closed. The caller gives each
// function its own name.
func (d *DB) Define(f Function) error {
	handle := duck.CreateScalarFunction()
	defer duck.DestroyScalarFunction(&handle)
	duck.ScalarFunctionSetName(handle, f.Name)
	for _, p := range f.Params {
		t, err := logicalType(p)
		if err != nil {
			return err
		}
		duck.ScalarFunctionAddParameter(handle, t)
		duck.DestroyLogicalType(&t)
	}
	result, err := logicalType(f.Result)
	if err != nil {
		return err
	}
	duck.ScalarFunctionSetReturnType(handle, result)
	duck.DestroyLogicalType(&result)
	duck.ScalarFunctionSetSpecialHandling(handle)
	if f.Volatile {
		duck.ScalarFunctionSetVolatile(handle)
	}
	duck.ScalarFunctionSetFunction(handle, unsafe.Pointer(C.sillok_call_t(C.sillokCall)))
	extra := (*C.uintptr_t)(C.malloc(C.size_t(unsafe.Sizeof(C.uintptr_t(0)))))
	*extra = C.uintptr_t(cgo.NewHandle(&f))
	duck.ScalarFunctionSetExtraInfo(handle, unsafe.Pointer(extra), unsafe.Pointer(C.sillok_forget_t(C.sillokForget)))
	if duck.RegisterScalarFunction(d.conn, handle) != duck.StateSuccess {
		return fmt.Errorf("register function %s", f.Name)
	}
	d.functions++
	return nil
}

//export sillokForget
func sillokForget(extra unsafe.Pointer) {
	cgo.Handle(*(*C.uintptr_t)(extra)).Delete()
	C.free(extra)
}

// sillokCall computes a function for the rows of a chunk. A panic in Go code must
// not unwind into C++: it fails the query.
//
//export sillokCall
func sillokCall(info, input, output unsafe.Pointer) {
	function := duck.FunctionInfo{Ptr: info}
	defer func() {
		if r := recover(); r != nil {
			duck.ScalarFunctionSetError(function, marked("GENERIC_INTERNAL_ERROR", fmt.Sprintf("%v\n%s", r, debug.Stack())))
		}
	}()
	handle := cgo.Handle(*(*C.uintptr_t)(duck.ScalarFunctionGetExtraInfo(function)))
	f, ok := handle.Value().(*Function)
	if !ok {
		duck.ScalarFunctionSetError(function, "not a function of this program")
		return
	}
	if err := f.chunk(duck.DataChunk{Ptr: input}, duck.Vector{Ptr: output}); err != nil {
		duck.ScalarFunctionSetError(function, Mark(err))
	}
}

// chunk computes f for every row of in.
func (f *Function) chunk(in duck.DataChunk, out duck.Vector) error {
	size := int(duck.DataChunkGetSize(in)) // at most 2,048
	params := make([]get, len(f.Params))
	for i, t := range f.Params {
		p, err := reader(duck.DataChunkGetVector(in, duck.IdxT(i)), t)
		if err != nil {
			return err
		}
		params[i] = p
	}
	column, args := make([]any, size), make([]any, len(params))
	for row := range size {
		for i, p := range params {
			args[i] = p(row)
		}
		v, err := f.Call(args)
		if err != nil {
			return err
		}
		column[row] = v
	}
	return write(out, f.Result, column)
}

func logicalType(t datatype.Type) (duck.LogicalType, error) {
	switch t.Kind {
	case datatype.Array:
		elem, err := logicalType(t.Elems[0])
		if err != nil {
			return elem, err
		}
		defer duck.DestroyLogicalType(&elem)
		return duck.CreateListType(elem), nil
	case datatype.Map:
		elems, free, err := logicalTypes(t.Elems)
		if err != nil {
			return duck.LogicalType{}, err
		}
		defer free()
		return duck.CreateMapType(elems[0], elems[1]), nil
	case datatype.Row:
		elems, free, err := logicalTypes(t.Elems)
		if err != nil {
			return duck.LogicalType{}, err
		}
		defer free()
		names := make([]string, len(elems))
		for i := range elems {
			names[i] = FieldName(i)
		}
		return duck.CreateStructType(elems, names), nil
	case datatype.Decimal:
		return duck.CreateDecimalType(uint8(t.Precision), uint8(t.Scale)), nil // at most 38
	case datatype.TimeTZ:
		return pairType(duck.TypeBigInt, duck.TypeInteger), nil
	case datatype.TimestampTZ:
		return pairType(instantType(t), duck.TypeVarchar), nil
	case datatype.Timestamp:
		return duck.CreateLogicalType(instantType(t)), nil
	default:
		return scalarType(t)
	}
}

func logicalTypes(types []datatype.Type) (logical []duck.LogicalType, free func(), err error) {
	free = func() {
		for i := range logical {
			duck.DestroyLogicalType(&logical[i])
		}
	}
	for _, t := range types {
		l, err := logicalType(t)
		if err != nil {
			free()
			return nil, nil, err
		}
		logical = append(logical, l)
	}
	return logical, free, nil
}

func instantType(t datatype.Type) duck.Type {
	if Fine(t) {
		return duck.TypeHugeInt
	}
	return duck.TypeTimestamp
}

func pairType(instant, zone duck.Type) duck.LogicalType {
	types := []duck.LogicalType{duck.CreateLogicalType(instant), duck.CreateLogicalType(zone)}
	defer duck.DestroyLogicalType(&types[0])
	defer duck.DestroyLogicalType(&types[1])
	return duck.CreateStructType(types, []string{"t", "z"})
}

func scalarType(t datatype.Type) (duck.LogicalType, error) {
	name, err := scalarSQL(t)
	if err != nil {
		return duck.LogicalType{}, err
	}
	kinds := map[string]duck.Type{
		"BOOLEAN": duck.TypeBoolean, "TINYINT": duck.TypeTinyInt, "SMALLINT": duck.TypeSmallInt, "INTEGER": duck.TypeInteger,
		"BIGINT": duck.TypeBigInt, "FLOAT": duck.TypeFloat, "DOUBLE": duck.TypeDouble, "VARCHAR": duck.TypeVarchar,
		"BLOB": duck.TypeBlob, "DATE": duck.TypeDate,
	}
	return duck.CreateLogicalType(kinds[name]), nil
}
