// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import com.sun.jna.IntegerType;
import com.sun.jna.Native;

/** C's {@code size_t}. */
public final class SizeT extends IntegerType {
  private static final long serialVersionUID = 1;

  /** Zero; JNA makes return values with this. */
  public SizeT() {
    this(0);
  }

  SizeT(long value) {
    super(Native.SIZE_T_SIZE, value, true);
  }
}
