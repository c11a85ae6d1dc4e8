// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import sun.security.pkcs11.wrapper.CK_C_INITIALIZE_ARGS;
import sun.security.pkcs11.wrapper.CK_TOKEN_INFO;
import sun.security.pkcs11.wrapper.PKCS11;
import sun.security.pkcs11.wrapper.PKCS11Constants;
import sun.security.pkcs11.wrapper.PKCS11Exception;

/**
 * A PKCS#11 module, loaded and initialised: one to a library in a process, whoever uses it.
 *
 * <p>Once C_Finalize has ended it, its sessions and handles mean nothing any more, and {@link
 * LoadedModules} gives another. That one's handles may have the numbers of this one's and name other objects, so
 * whatever belongs to an ended module is dropped with it.
 */
final class Cryptoki {
  private final Path library;
  private final int generation;
  private final PKCS11 module;
  private final CallGate gate = new CallGate(ReturnValue.CKR_CRYPTOKI_NOT_INITIALIZED);

  /** The connections to tokens that hold in it. */
  private final AtomicInteger connections = new AtomicInteger();

  private Cryptoki(Path library, int generation, PKCS11 module) {
    this.library = library;
    this.generation = generation;
    this.module = module;
  }

  /** The number of this initialisation of the library in this process, from 0. */
  int generation() {
    return generation;
  }

  void connected() {
    int unused = connections.incrementAndGet();
  }

  void disconnected() {
    int unused = connections.decrementAndGet();
  }

  boolean isConnected() {
    return connections.get() > 0;
  }

  /** Whether it was ended, or is about to be: nobody is let in any more. */
  boolean isEnding() {
    return gate.isClosed();
  }

  /** Lets nobody in any more. */
  void distrust() {
    boolean unused = gate.close(Duration.ZERO);
  }

  /**
   * Ends the module.
   *
   * @param patience how long calls that are inside may take to leave it. It is not ended under them:
   *     whoever waits for them is told so, and asks again
   */
  void end(Duration patience) throws HsmException {
    if (!gate.close(patience)) {
      throw new HsmException(
          Fault.TOKEN_AWAY,
          "the calls into the PKCS#11 module "
              + library
              + " must return before it is loaded anew, and have not: if they never do, end the"
              + " process");
    }
    try {
      module.C_Finalize(null);
    } catch (PKCS11Exception e) {
      CkrException failure = new CkrException(e);
      if (!failure.returnValue().equals(ReturnValue.CKR_CRYPTOKI_NOT_INITIALIZED)) {
        throw HsmException.ofModule(
            Fault.TOKEN_AWAY,
            "the PKCS#11 module "
                + library
                + " must end before it is loaded anew, and does not: if it never does, end the process",
            failure);
      }
    }
  }

  /**
   * Loads and initialises a profile's module.
   *
   * @param getenv the process's environment, which the module reads as well
   * @param generation how often it was initialised before in this process
   */
  static Cryptoki initialise(
      TokenProfile profile, UnaryOperator<@Nullable String> getenv, int generation)
      throws HsmException {
    Path library = profile.library();
    try {
      CK_C_INITIALIZE_ARGS threads = new CK_C_INITIALIZE_ARGS();
      threads.flags = PKCS11Constants.CKF_OS_LOCKING_OK;
      return new Cryptoki(
          library,
          generation,
          PKCS11.getInstance(spelling(library, generation), "C_GetFunctionList", threads, false));
    } catch (IOException e) {
      throw new HsmException(
          Fault.LIBRARY_UNUSABLE,
          library + " must be a PKCS#11 module for this machine, and cannot be loaded as one",
          e);
    } catch (PKCS11Exception e) {
      throw HsmException.ofModule(
          Fault.LIBRARY_UNUSABLE,
          "the PKCS#11 module "
              + library
              + " must initialise, and failed: look at its configuration"
              + profile.environment().map(name -> " (" + getenv.apply(name) + ")").orElse("")
              + " and whether the folders that it names exist",
          new CkrException(e));
    }
  }

  /**
   * Another spelling of the library's path for each generation. The wrapper keeps one module to a path
   * for ever, also after C_Finalize, and lets nobody call C_Initialize; by a path that it has not seen
   * it initialises, and dlopen(3), which knows the file itself, gives it the same library.
   */
  static String spelling(Path library, int generation) {
    String plain = library.toString();
    int name = plain.lastIndexOf('/');
    StringBuilder path = new StringBuilder(plain.substring(0, name));
    for (int bits = generation; bits != 0; bits >>>= 1) {
      path.append((bits & 1) == 0 ? "/" : "/.");
    }
    return path.append(plain.substring(name)).toString();
  }

  static void requireReadable(TokenProfile profile) throws HsmException {
    Path library = profile.library();
    if (!Files.isReadable(library) || Files.isDirectory(library)) {
      throw new HsmException(
          Fault.LIBRARY_MISSING,
          String.format(
              "the PKCS#11 module %s must be a readable file, and is not: %s, or name the module's"
                  + " place in the configuration",
              library, profile.install()));
    }
  }

  /** Without it the first use would end in an IllegalAccessError that names no remedy. */
  static void requireWrapper() {
    boolean exported =
        ModuleLayer.boot()
            .findModule("jdk.crypto.cryptoki")
            .filter(
                module ->
                    module.isExported("sun.security.pkcs11.wrapper", Cryptoki.class.getModule()))
            .isPresent();
    if (!exported) {
      throw new IllegalStateException(
          "the JVM must be started with --add-modules jdk.crypto.cryptoki --add-exports"
              + " jdk.crypto.cryptoki/sun.security.pkcs11.wrapper=ALL-UNNAMED, and was not");
    }
  }

  /** What the module would otherwise do without, or answer with CKR_GENERAL_ERROR or, worse, OK. */
  static void requireConfiguration(TokenProfile profile, UnaryOperator<@Nullable String> getenv)
      throws HsmException {
    if (profile.environment().isEmpty()) {
      return;
    }
    String variable = profile.environment().get();
    String value = getenv.apply(variable);
    if (value == null || !Files.isReadable(Path.of(value))) {
      throw new HsmException(
          Fault.ENVIRONMENT_MISSING,
          String.format(
              "%s must name the module's configuration, which can be read, before the process starts,"
                  + " was %s: export it and start again",
              variable, value == null ? "not set" : value));
    }
    if (profile.storage().isPresent()) {
      TokenStorage.requireRoom(Path.of(value), profile.storage().get());
    }
  }

  /** A slot whose token is present. */
  record Slot(long id, TokenDescription token, long flags) {
    boolean has(long flag) {
      return (flags & flag) != 0;
    }
  }

  /** The one slot whose token carries {@code label}. */
  Slot slot(String label) throws HsmException {
    List<Slot> found = new ArrayList<>();
    Set<String> others = new TreeSet<>();
    boolean blank = false;
    for (long id : slots()) {
      try {
        CK_TOKEN_INFO info = info(id);
        Slot slot = new Slot(id, describe(info), info.flags);
        if (!slot.has(PKCS11Constants.CKF_TOKEN_INITIALIZED)) {
          blank = true;
        } else if (slot.token().label().equals(label)) {
          found.add(slot);
        } else {
          others.add('"' + slot.token().label() + '"');
        }
      } catch (CkrException e) {
        // Another slot's broken token must not stop this one; if it is this one, the name says so.
        others.add("one that answers " + e.returnValue().name());
      }
    }
    if (found.size() == 1) {
      return found.get(0);
    }
    if (found.size() > 1) {
      throw new HsmException(
          Fault.TOKEN_MISSING,
          String.format(
              "one token must carry the label \"%s\", and %d do: rename or remove the others",
              label, found.size()));
    }
    if (others.isEmpty() && blank) {
      throw new HsmException(
          Fault.TOKEN_UNINITIALISED,
          String.format(
              "the token of %s must be initialised, and is not: initialise it with the label \"%s\"",
              library, label));
    }
    throw new HsmException(
        Fault.TOKEN_MISSING,
        String.format(
            "a token of %s must carry the label \"%s\", and there is %s: give the right label, or"
                + " initialise a token with it",
            library, label, others.isEmpty() ? "none" : "only " + String.join(", ", others)));
  }

  /** The flags as they are at this moment: the token counts wrong PINs in them. */
  long flags(long slot) throws CkrException {
    return info(slot).flags;
  }

  CryptokiSession openSession(long slot, TokenProfile.Sessions kind) throws CkrException {
    long writing =
        switch (kind) {
          case READ_ONLY -> 0;
          case READ_WRITE -> PKCS11Constants.CKF_RW_SESSION;
        };
    long flags = PKCS11Constants.CKF_SERIAL_SESSION | writing;
    gate.enter();
    try {
      return new CryptokiSession(module, gate, module.C_OpenSession(slot, flags, null, null));
    } catch (PKCS11Exception e) {
      throw new CkrException(e);
    } finally {
      gate.leave();
    }
  }

  /** The CK_MECHANISM_TYPEs of a slot's token. */
  Set<Long> mechanisms(long slot) throws CkrException {
    gate.enter();
    try {
      return Arrays.stream(module.C_GetMechanismList(slot)).boxed().collect(Collectors.toSet());
    } catch (PKCS11Exception e) {
      throw new CkrException(e);
    } finally {
      gate.leave();
    }
  }

  private CK_TOKEN_INFO info(long slot) throws CkrException {
    gate.enter();
    try {
      return module.C_GetTokenInfo(slot);
    } catch (PKCS11Exception e) {
      throw new CkrException(e);
    } finally {
      gate.leave();
    }
  }

  private long[] slots() throws HsmException {
    try {
      gate.enter();
      try {
        return module.C_GetSlotList(true);
      } catch (PKCS11Exception e) {
        throw new CkrException(e);
      } finally {
        gate.leave();
      }
    } catch (CkrException e) {
      throw HsmException.ofModule(
          Fault.TOKEN_FAILED,
          "the PKCS#11 module " + library + " must list its slots, and failed: look at its log",
          e);
    }
  }

  private static TokenDescription describe(CK_TOKEN_INFO info) {
    return new TokenDescription(
        text(info.label), text(info.manufacturerID), text(info.model), text(info.serialNumber));
  }

  /**
   * A UTF-8 field padded with blanks, of which the wrapper makes one char to a byte. tpm2-pkcs11 pads
   * the model with NULs.
   */
  static String text(char[] padded) {
    int end = padded.length;
    while (end > 0 && (padded[end - 1] == ' ' || padded[end - 1] == '\0')) {
      end--;
    }
    byte[] bytes = new String(padded, 0, end).getBytes(StandardCharsets.ISO_8859_1);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
