// Kernels, arithmetic in registers, a copy through memory and reading it, as text that every driver
// compiles for its GPU: no CUDA compiler is needed to build this.
//   layerwatt_fma(out, rounds)        4 fused multiply-adds a round and thread
//   layerwatt_copy(to, from, count)   count × 16 bytes
//   layerwatt_read(from, count)       count × 16 bytes; writes where they are all ones, so that it
//                                     cannot be left out
#pragma once

namespace layerwatt {

inline constexpr const char* kBuiltinKernels = R"(
.version 7.0
.target sm_52
.address_size 64
.visible .entry layerwatt_fma(.param .u64 out, .param .u32 rounds) {
  .reg .u32 %r<6>;
  .reg .u64 %rd<4>;
  .reg .f32 %f<8>;
  .reg .pred %p<2>;
  ld.param.u64 %rd1, [out];
  ld.param.u32 %r1, [rounds];
  mov.u32 %r2, %tid.x;
  mov.u32 %r3, %ctaid.x;
  mov.u32 %r4, %ntid.x;
  mad.lo.u32 %r5, %r3, %r4, %r2;
  cvt.rn.f32.u32 %f1, %r5;
  mov.f32 %f2, 0f3F7FFF00;
  mov.f32 %f3, 0f3A83126F;
  mov.f32 %f4, %f1;
  add.f32 %f5, %f1, %f3;
  add.f32 %f6, %f5, %f3;
  add.f32 %f7, %f6, %f3;
again:
  fma.rn.f32 %f4, %f4, %f2, %f3;
  fma.rn.f32 %f5, %f5, %f2, %f3;
  fma.rn.f32 %f6, %f6, %f2, %f3;
  fma.rn.f32 %f7, %f7, %f2, %f3;
  sub.u32 %r1, %r1, 1;
  setp.ne.u32 %p1, %r1, 0;
  @%p1 bra again;
  add.f32 %f4, %f4, %f5;
  add.f32 %f6, %f6, %f7;
  add.f32 %f4, %f4, %f6;
  mul.wide.u32 %rd2, %r5, 4;
  add.u64 %rd3, %rd1, %rd2;
  st.global.f32 [%rd3], %f4;
  ret;
}
.visible .entry layerwatt_copy(.param .u64 to, .param .u64 from, .param .u32 count) {
  .reg .u32 %r<8>;
  .reg .u64 %rd<6>;
  .reg .f32 %f<5>;
  .reg .pred %p<2>;
  ld.param.u64 %rd1, [to];
  ld.param.u64 %rd2, [from];
  ld.param.u32 %r1, [count];
  mov.u32 %r2, %tid.x;
  mov.u32 %r3, %ctaid.x;
  mov.u32 %r4, %ntid.x;
  mad.lo.u32 %r5, %r3, %r4, %r2;
  mov.u32 %r6, %nctaid.x;
  mul.lo.u32 %r7, %r6, %r4;
again:
  setp.ge.u32 %p1, %r5, %r1;
  @%p1 bra done;
  mul.wide.u32 %rd3, %r5, 16;
  add.u64 %rd4, %rd2, %rd3;
  add.u64 %rd5, %rd1, %rd3;
  ld.global.v4.f32 {%f1, %f2, %f3, %f4}, [%rd4];
  st.global.v4.f32 [%rd5], {%f1, %f2, %f3, %f4};
  add.u32 %r5, %r5, %r7;
  bra again;
done:
  ret;
}
.visible .entry layerwatt_read(.param .u64 from, .param .u32 count) {
  .reg .u32 %r<12>;
  .reg .u64 %rd<4>;
  .reg .pred %p<3>;
  ld.param.u64 %rd1, [from];
  ld.param.u32 %r1, [count];
  mov.u32 %r2, %tid.x;
  mov.u32 %r3, %ctaid.x;
  mov.u32 %r4, %ntid.x;
  mad.lo.u32 %r5, %r3, %r4, %r2;
  mov.u32 %r6, %nctaid.x;
  mul.lo.u32 %r7, %r6, %r4;
  mov.u32 %r11, 0;
again:
  setp.ge.u32 %p1, %r5, %r1;
  @%p1 bra done;
  mul.wide.u32 %rd2, %r5, 16;
  add.u64 %rd3, %rd1, %rd2;
  ld.global.v4.u32 {%r8, %r9, %r10, %r2}, [%rd3];
  or.b32 %r8, %r8, %r9;
  or.b32 %r10, %r10, %r2;
  or.b32 %r8, %r8, %r10;
  or.b32 %r11, %r11, %r8;
  add.u32 %r5, %r5, %r7;
  bra again;
done:
  setp.ne.u32 %p2, %r11, 0xFFFFFFFF;
  @%p2 bra end;
  st.global.u32 [%rd1], %r11;
end:
  ret;
}
)";

}  // namespace layerwatt
