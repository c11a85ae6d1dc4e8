// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reference values for a measurement list (RFC 9334, 4.2): which files, signers and keys a host may
 * have. What is not named is not allowed.
 *
 * <p>Digests are of a file's bytes; those that fs-verity makes over a tree are allowed by a signature
 * or an excluded path alone. The kernel writes each space of a path as an underscore, and so are
 * paths given here.
 *
 * <p>Safe for use by many threads; to be kept, for it remembers which signatures verified.
 */
public final class ImaPolicy {
  /** AR4SI, executables: something runs that is not recognized. */
  private static final int UNRECOGNIZED = 33;

  private final ImaOctetSet digests;
  private final ImaOctetSet files;
  private final ImaOctetSet paths;
  private final Map<String, Set<TpmDigest>> digestsByPath;
  private final List<ImaSigningKey> signers;
  private final List<byte[]> excluded;
  private final Map<String, Set<Octets>> keyrings;
  private final TrustTier unlisted;
  private final TrustTier violations;
  private final ImaVerifiedSignatures signatures = new ImaVerifiedSignatures();

  private ImaPolicy(Builder builder) {
    List<byte[]> digestKeys = new ArrayList<>();
    builder.digests.forEach(digest -> digestKeys.add(digestKey(digest).toByteArray()));
    List<byte[]> fileKeys = new ArrayList<>();
    Set<Octets> pathKeys = new LinkedHashSet<>();
    Map<String, Set<TpmDigest>> byPath = new HashMap<>();
    builder.files.forEach(
        (path, allowed) -> {
          byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
          pathKeys.add(Octets.of(bytes));
          allowed.forEach(digest -> fileKeys.add(fileKey(digest, bytes)));
          byPath.put(path, Set.copyOf(allowed));
        });
    this.digests = new ImaOctetSet(digestKeys);
    this.files = new ImaOctetSet(fileKeys);
    this.paths = new ImaOctetSet(pathKeys.stream().map(Octets::bytes).toList());
    this.digestsByPath = Map.copyOf(byPath);
    this.signers = List.copyOf(builder.signers);
    this.excluded = builder.excluded.stream().map(ImaPathPattern::bytes).toList();
    Map<String, Set<Octets>> keys = new HashMap<>();
    builder.keyrings.forEach((keyring, listed) -> keys.put(keyring, Set.copyOf(listed)));
    this.keyrings = Map.copyOf(keys);
    this.unlisted = builder.unlisted;
    this.violations = builder.violations;
  }

  /** A builder of a policy that allows nothing yet. */
  public static Builder builder() {
    return new Builder();
  }

  /** What an entry's data holds from the algorithm's name to the digest's end. */
  private static TpmWriter digestKey(TpmDigest digest) {
    byte[] name = (ImaEntry.kernelName(digest.hash()) + ":\0").getBytes(StandardCharsets.US_ASCII);
    return new TpmWriter().bytes(name).octets(digest.value());
  }

  /** What an entry's data holds from the algorithm's name to the path's zero. */
  private static byte[] fileKey(TpmDigest digest, byte[] path) {
    return digestKey(digest)
        .u32(Integer.reverseBytes(path.length + 1) & 0xffffffffL)
        .bytes(path)
        .u8(0)
        .toByteArray();
  }

  boolean listsDigest(ImaEntry entry) {
    return digests.contains(entry.data, entry.hashNameAt, entry.digestAt + entry.digestLength);
  }

  boolean listsFile(ImaEntry entry) {
    return files.contains(entry.data, entry.hashNameAt, entry.pathAt + entry.pathLength + 1);
  }

  boolean listsPath(ImaEntry entry) {
    return paths.contains(entry.data, entry.pathAt, entry.pathAt + entry.pathLength);
  }

  boolean excludes(ImaEntry entry) {
    for (byte[] pattern : excluded) {
      if (ImaPathPattern.matches(
          pattern, entry.data, entry.pathAt, entry.pathAt + entry.pathLength)) {
        return true;
      }
    }
    return false;
  }

  /** Digests listed for a path; none where it is not listed. */
  Set<TpmDigest> digestsOf(String path) {
    return digestsByPath.getOrDefault(path, Set.of());
  }

  List<ImaSigningKey> signers() {
    return signers;
  }

  ImaVerifiedSignatures signatures() {
    return signatures;
  }

  /** Whether an entry of this name is of a keyring: the kernel's start with a dot or underscore. */
  boolean isKeyring(String name) {
    return name.startsWith(".") || name.startsWith("_") || keyrings.containsKey(name);
  }

  boolean listsKey(String keyring, Octets sha256) {
    return keyrings.getOrDefault(keyring, Set.of()).contains(sha256);
  }

  /** What a verdict says of the claim, in AR4SI's values. */
  int value(ImaVerdict verdict) {
    return switch (verdict) {
      case BOOT_AGGREGATE, DIGEST_LISTED, FILE_LISTED, SIGNED, EXCLUDED, KEY_LISTED ->
          TrustTier.AFFIRMING.value();
      case VIOLATION -> value(violations);
      case UNLISTED, DIGEST_WEAK -> value(unlisted);
      // The host can give any entry such a name, to hide that it is one of the others here.
      case TEMPLATE_UNKNOWN -> TrustTier.CONTRAINDICATED.value();
      case DIGEST_CHANGED, SIGNATURE_INVALID, KEY_UNLISTED, KEY_AFTER_USE ->
          TrustTier.CONTRAINDICATED.value();
    };
  }

  private static int value(TrustTier tier) {
    return tier == TrustTier.WARNING ? UNRECOGNIZED : tier.value();
  }

  /** Collects reference values. */
  public static final class Builder {
    private final Set<TpmDigest> digests = new LinkedHashSet<>();
    private final Map<String, Set<TpmDigest>> files = new HashMap<>();
    private final List<ImaSigningKey> signers = new ArrayList<>();
    private final List<ImaPathPattern> excluded = new ArrayList<>();
    private final Map<String, Set<Octets>> keyrings = new HashMap<>();
    private TrustTier unlisted = TrustTier.CONTRAINDICATED;
    private TrustTier violations = TrustTier.CONTRAINDICATED;

    private Builder() {}

    /**
     * Allows a file of this digest, wherever it is.
     *
     * @throws IllegalArgumentException if the digest is SHA-1's
     */
    @CanIgnoreReturnValue
    public Builder allow(TpmDigest digest) {
      digests.add(believed(digest));
      return this;
    }

    /**
     * Allows a file of this digest at a path.
     *
     * @param path as the kernel names it: absolute of a file, else the name of what was measured,
     *     such as {@code kexec-cmdline}
     * @throws IllegalArgumentException if the digest is SHA-1's, or the path none
     */
    @CanIgnoreReturnValue
    public Builder allow(String path, TpmDigest digest) {
      if (path.isEmpty() || path.indexOf('\0') >= 0) {
        throw new IllegalArgumentException("a path must not be empty or hold a zero byte");
      }
      files.computeIfAbsent(asMeasured(path), each -> new LinkedHashSet<>()).add(believed(digest));
      return this;
    }

    /** Allows every file with a signature of this key. */
    @CanIgnoreReturnValue
    public Builder signer(ImaSigningKey key) {
      signers.add(key);
      return this;
    }

    /**
     * Excludes paths: whatever is there is allowed.
     *
     * @param pattern absolute; {@code *} is any run of bytes but slashes, and a slash at the end
     *     excludes everything below
     * @throws IllegalArgumentException if it is not absolute, or is everything
     */
    @CanIgnoreReturnValue
    public Builder exclude(String pattern) {
      excluded.add(new ImaPathPattern(asMeasured(pattern)));
      return this;
    }

    /**
     * Allows a key in a keyring.
     *
     * @param keyring such as {@code .ima}
     * @param sha256 the SHA-256 of what is added, a certificate in DER
     */
    @CanIgnoreReturnValue
    public Builder key(String keyring, Octets sha256) {
      if (sha256.length() != TpmAlg.SHA256.digestBytes()) {
        throw new IllegalArgumentException("a key is named by its SHA-256, 32 bytes");
      }
      keyrings.computeIfAbsent(keyring, each -> new LinkedHashSet<>()).add(sha256);
      return this;
    }

    /**
     * What is said where nothing allows an entry: CONTRAINDICATED unless set; WARNING, or NONE to
     * count alone.
     */
    @CanIgnoreReturnValue
    public Builder unlisted(TrustTier tier) {
      unlisted = notAffirming(tier);
      return this;
    }

    /**
     * What is said of a violation: CONTRAINDICATED unless set. No path excludes one, for a host could
     * name any.
     */
    @CanIgnoreReturnValue
    public Builder violations(TrustTier tier) {
      violations = notAffirming(tier);
      return this;
    }

    /** The policy collected so far. */
    public ImaPolicy build() {
      return new ImaPolicy(this);
    }

    private static String asMeasured(String path) {
      return path.replace(' ', '_');
    }

    private static TpmDigest believed(TpmDigest digest) {
      if (digest.hash() == TpmAlg.SHA1) {
        throw new IllegalArgumentException("a digest of sha1 shows nothing: " + digest);
      }
      return digest;
    }

    private static TrustTier notAffirming(TrustTier tier) {
      if (tier == TrustTier.AFFIRMING) {
        throw new IllegalArgumentException("what nothing allows affirms nothing");
      }
      return tier;
    }
  }
}
