// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.ByteByReference;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * One ESAPI context over one TCTI, and how a command is sent through it: retried while the TPM asks
 * for that, its code decoded. Not thread-safe; {@link Tpm} holds its lock around every use.
 */
final class TpmContext {
  /** 10 ms doubling to 640 ms, then given up: 1.3 s in all, above what a self-test takes. */
  private static final int MAX_ATTEMPTS = 8;

  private static final Duration FIRST_PAUSE = Duration.ofMillis(10);

  private static final int TPM_CAP_HANDLES = 1;
  private static final int TPM_CAP_TPM_PROPERTIES = 6;

  // Part 2 section 6.13, TPM_PT: fixed properties start at 0x100, variable ones at 0x200.
  static final int TPM_PT_NV_BUFFER_MAX = 0x12c;
  private static final int TPM_PT_MAX_AUTH_FAIL = 0x20f;
  private static final int TPM_PT_LOCKOUT_INTERVAL = 0x210;
  private static final int MAX_PROPERTIES = 64;

  /** Asked for at once; a TPM may give fewer and say that there are more. */
  private static final int MAX_HANDLES = 64;

  private final PointerByReference tcti;
  private final PointerByReference esys;

  /** One ESAPI function with its arguments. */
  interface Command {
    int send(Pointer esysContext);
  }

  private TpmContext(PointerByReference tcti, PointerByReference esys) {
    this.tcti = tcti;
    this.esys = esys;
  }

  static TpmContext open(String configuration) throws TpmException {
    NativeLibraries.load();
    PointerByReference tcti = new PointerByReference();
    int code = Tctildr.Tss2_TctiLdr_Initialize(configuration, tcti);
    if (code != TssReturnCode.SUCCESS) {
      throw unreachable(configuration, code);
    }
    PointerByReference esys = new PointerByReference();
    code = Esapi.Esys_Initialize(esys, tcti.getValue(), null);
    if (code != TssReturnCode.SUCCESS) {
      Tctildr.Tss2_TctiLdr_Finalize(tcti);
      throw unreachable(configuration, code);
    }
    return new TpmContext(tcti, esys);
  }

  private static TpmException unreachable(String configuration, int code) {
    String name = configuration.replaceFirst(":.*", "").toLowerCase(Locale.ROOT);
    return TpmException.refused(
        "Opening the TPM at \"" + configuration + "\"",
        TssReturnCode.decode(code),
        "Check that it exists, that this user may open it (Debian: group tss for /dev/tpmrm0), that"
            + " no other program holds it, and that Debian's libtss2-tcti-"
            + name
            + "0 is installed.");
  }

  /** Sends {@code command} and throws unless it succeeds. {@code name} is the TPM's name for it. */
  void call(String name, Command command) throws TpmException {
    TssReturnCode code = attempt(command);
    if (code.value() != TssReturnCode.SUCCESS) {
      throw refused(name, code);
    }
  }

  /** As {@link #call}, but says {@code false} where the TPM has nothing at the handle. */
  boolean callUnlessAbsent(String name, Command command) throws TpmException {
    TssReturnCode code = attempt(command);
    if (code.is(TssReturnCode.HANDLE)) {
      return false;
    }
    if (code.value() != TssReturnCode.SUCCESS) {
      throw refused(name, code);
    }
    return true;
  }

  private TpmException refused(String name, TssReturnCode code) {
    return TpmException.refused(
        name, code, code.is(TssReturnCode.LOCKOUT) ? lockoutAdvice() : code.advice());
  }

  private TssReturnCode attempt(Command command) {
    long pause = FIRST_PAUSE.toMillis();
    for (int attempt = 1; ; attempt++) {
      TssReturnCode code = TssReturnCode.decode(command.send(esys.getValue()));
      if (!code.asksForRetry() || attempt == MAX_ATTEMPTS || !paused(pause)) {
        return code;
      }
      pause *= 2;
    }
  }

  private static boolean paused(long millis) {
    try {
      Thread.sleep(millis);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Frees a transient slot. A failure is not the operation's: its outcome stands already. */
  void flush(int handle) {
    int code = Esapi.Esys_FlushContext(esys.getValue(), handle);
    if (code != TssReturnCode.SUCCESS) {
      System.getLogger(TpmContext.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "a TPM slot could not be freed: {0}",
              TssReturnCode.decode(code).describe());
    }
  }

  void forget(int handle) {
    int ignored = Esapi.Esys_TR_Close(esys.getValue(), new IntByReference(handle));
  }

  /** A fixed or variable property of the TPM, if it has it (Part 2 section 6.13). */
  OptionalInt property(int property) throws TpmException {
    Integer value = properties(property, 1).get(property);
    return value == null ? OptionalInt.empty() : OptionalInt.of(value);
  }

  private Map<Integer, Integer> properties(int first, int count) throws TpmException {
    // TPML_TAGGED_TPM_PROPERTY: count(4), (tag, value)…
    ByteBuffer wire = capability(TPM_CAP_TPM_PROPERTIES, first, count).list();
    Map<Integer, Integer> properties = new TreeMap<>();
    for (int entries = entries(wire, MAX_PROPERTIES); entries > 0; entries--) {
      properties.put(wire.getInt(), wire.getInt());
    }
    return properties;
  }

  /** The handles that the TPM has from {@code first} to {@code last}, both of one type; ascending. */
  List<Integer> handles(int first, int last) throws TpmException {
    List<Integer> handles = new ArrayList<>();
    int from = first;
    while (from <= last) {
      // TPML_HANDLE: count(4), handle(4)…
      Capability answer = capability(TPM_CAP_HANDLES, from, MAX_HANDLES);
      int entries = entries(answer.list(), MAX_HANDLES);
      for (int i = 0; i < entries; i++) {
        int handle = answer.list().getInt();
        if (handle < from) {
          throw unasked();
        } else if (handle > last) {
          return handles;
        }
        handles.add(handle);
        from = handle + 1;
      }
      if (entries == 0 || !answer.more()) {
        return handles;
      }
    }
    return handles;
  }

  /** What TPM2_GetCapability says: the list without the capability's number, and whether it goes on. */
  private record Capability(ByteBuffer list, boolean more) {}

  private Capability capability(int capability, int first, int count) throws TpmException {
    try (Frame frame = new Frame()) {
      PointerByReference data = frame.out();
      ByteByReference more = new ByteByReference();
      call(
          "TPM2_GetCapability",
          context ->
              Esapi.Esys_GetCapability(
                  context,
                  Esapi.ESYS_TR_NONE,
                  Esapi.ESYS_TR_NONE,
                  Esapi.ESYS_TR_NONE,
                  capability,
                  first,
                  count,
                  more,
                  data));
      // TPMS_CAPABILITY_DATA: capability(4), then its list
      ByteBuffer wire = ByteBuffer.wrap(frame.wire(WireType.TPMS_CAPABILITY_DATA, data));
      if (wire.getInt() != capability) {
        throw unasked();
      }
      return new Capability(wire, more.getValue() != 0);
    }
  }

  private static int entries(ByteBuffer list, int most) throws TpmException {
    int entries = list.getInt();
    if (entries < 0 || entries > most) {
      throw unasked();
    }
    return entries;
  }

  private static TpmException unasked() {
    return TpmException.content("TPM2_GetCapability must answer what was asked, and did not");
  }

  private String lockoutAdvice() {
    String when;
    try {
      // Part 1 section 19.8.4: one failure is forgotten every lockoutInterval seconds.
      OptionalInt interval = property(TPM_PT_LOCKOUT_INTERVAL);
      OptionalInt tries = property(TPM_PT_MAX_AUTH_FAIL);
      when =
          interval.isPresent() && tries.isPresent()
              ? String.format(
                  "The TPM allows %s wrong values and forgets one every %s s: try again in %s s",
                  Integer.toUnsignedString(tries.getAsInt()),
                  Integer.toUnsignedString(interval.getAsInt()),
                  Integer.toUnsignedString(interval.getAsInt()))
              : "Try again later";
    } catch (TpmException e) {
      when = "Try again later";
    }
    return when
        + " with the host left running, or clear it at once with the lockout authorization"
        + " (tpm2_dictionarylockout --clear-lockout); then find out who guessed.";
  }

  void close() {
    Esapi.Esys_Finalize(esys);
    Tctildr.Tss2_TctiLdr_Finalize(tcti);
  }
}
