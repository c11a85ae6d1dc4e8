// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;

/** Loads tpm2-tss by soname and binds the raw classes to it, once in the life of the JVM. */
final class NativeLibraries {
  private static final String SEARCH_PATH = "jna.platform.library.path";

  @GuardedBy("NativeLibraries.class")
  private static boolean loaded;

  private NativeLibraries() {}

  /**
   * Must have returned before a method of a raw class is called.
   *
   * @throws TpmException with one sentence that names the missing Debian package; a later call tries
   *     again
   */
  static synchronized void load() throws TpmException {
    if (loaded) {
      return;
    }
    // Sonames are found by the dynamic linker. Without a search path of its own JNA would run
    // ldconfig for one, at each start.
    if (System.getProperty(SEARCH_PATH) == null) {
      String ignored = System.setProperty(SEARCH_PATH, "");
    }
    bind(LibC.class, "libc.so.6", "libc6");
    bind(Mu.class, "libtss2-mu.so.0", "libtss2-mu0");
    bind(Tctildr.class, "libtss2-tctildr.so.0", "libtss2-tctildr0");
    bind(Esapi.class, "libtss2-esys.so.0", "libtss2-esys-3.0.2-0");
    // tpm2-tss would write lines of its own to stderr; the codes it returns say the same, decoded.
    int ignored = LibC.setenv("TSS2_LOG", "all+NONE", 0);
    loaded = true;
  }

  /** Binds every native method of {@code mapping} to {@code soname}. */
  static void bind(Class<?> mapping, String soname, String debianPackage) throws TpmException {
    try {
      Native.register(mapping, NativeLibrary.getInstance(soname));
    } catch (UnsatisfiedLinkError e) {
      throw TpmException.missingLibrary(soname, debianPackage, e);
    }
  }
}
