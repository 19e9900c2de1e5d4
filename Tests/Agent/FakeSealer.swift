/// The couriers' jobs with the vault, in the shell's words: nothing is a secret in a test.
///
/// What is "sealed" lies in a file `sealed.PLACE`; in the record stands its name, PLACE, 56 digits that
/// make the 28 bytes of the shortest seal. Keys and headers come from ``TestVault``.
enum FakeSealer {
  static let commands = #"""
    nl='
    '
    path= header= create= rewrite= sequence=1 passphrase= over= pad=
    q=???????? q=$q$q$q$q$q$q$q

    # Reads the block before a payload; false at the end.
    heading() {
      record= name=
      while IFS= read -r line && [ -n "$line" ]; do
        case $line in
        end=yes) over=1 ;;
        record=*) record=${line#*=} ;;
        name=*) name=${line#*=} ;;
        esac
      done
      [ -n "$record" ]
    }

    payload() {
      payload= token= digest=
      while IFS= read -r line && [ -n "$line" ]; do
        payload="$payload$line$nl"
        case $line in
        refresh_token=*) token=${line#*=} ;;
        refresh_token_sha256=*) digest=${line#*=} ;;
        esac
      done
    }

    # Finds what belongs to $header.
    find_header() {
      for which in "$dir"/header.*; do
        IFS= read -r other < "$which"
        [ "$other" != "$header" ] || { which=${which#"$dir/header."}; return; }
      done
      refuse failed 'the header is unknown' vault_fault=damaged
    }

    # Takes a header of the source $1 that no file has yet.
    new_header() {
      k=1
      until mkdir "$dir/taken.$1.$k" 2> /dev/null; do k=$((k + 1)); done
      which=$1.$k
      IFS= read -r header < "$dir/header.$which" || refuse failed 'no header is left'
    }

    begin_sealing() {
      if [ -n "$create" ]; then
        new_header "$create"
        IFS= read -r key < "$dir/key.$which"
        [ "$create" != passphrase ] || printf '%s\n' "$passphrase" > "$dir/passphrase.$which"
      else
        find_header
        [ -n "$rewrite" ] || return 0
        former=$which
        new_header "${former%.*}"
        IFS= read -r key < "$dir/key.$former"
        printf '%s\n' "$key" > "$dir/key.$which"
        [ ! -e "$dir/passphrase.$former" ] || {
          IFS= read -r passphrase < "$dir/passphrase.$former"
          printf '%s\n' "$passphrase" > "$dir/passphrase.$which"
        }
      fi
      say event=key "vault.header=$header" "vault.key=$key"
    }

    seal_one() {
      i=$((i + 1)) place=$(printf '%028d%028d' $$ $i)
      set --
      if [ $record = refresh-started ]; then
        [ -n "$digest" ] || {
          digest=00000000$place
          printf '%s\n' "$token" > "$dir/token.$digest"
          payload="refresh_token_sha256=$digest${nl}started_at=1800000000${nl}answer_key=${place}00000000$nl"
        }
        set -f; IFS=$nl; set -- $payload; unset IFS; set +f
      fi
      printf '%s' "$payload" > "$dir/sealed.$place"
      say event=sealed "sequence=$sequence" "record=$record" "name=$name" "sealed[]=$place" \
        ${pad:+"sealed[]=$pad" "sealed[]=$pad" "sealed[]=$pad"} "$@"
      sequence=$((sequence + 1))
    }

    # Seals what comes in.
    seal_all() {
      i=0
      while heading; do payload; seal_one; done
      [ -n "$over" ] || leave 1
    }

    seal() { begin_sealing; seal_all; say event=done; }

    # Reads a sealed record; false at the end.
    frame() {
      record= name= place=
      while :; do
        more=
        while IFS= read -r line && [ -n "$line" ]; do
          case $line in
          end=yes) return 1 ;;
          record=*) record=${line#*=} ;;
          name=*) name=${line#*=} ;;
          'sealed[]='*) [ -n "$place" ] || place=${line#*=} ;;
          more=yes) more=1 ;;
          esac
        done
        [ -n "$record" ] || leave 1
        [ -n "$more" ] || break
      done
      rest=${place#$q}
      place=${place%"$rest"}
    }

    # Shows a payload; $token is the refresh token in it.
    show() {
      token=
      while IFS= read -r line; do
        printf '%s\n' "$line"
        case $line in refresh_token=*) token=${line#*=} ;; esac
      done < "$dir/sealed.$1"
      printf '\n'
    }

    get_key() {
      find_header
      IFS= read -r key < "$dir/key.$which"
      [ -e "$dir/passphrase.$which" ] || return 0
      IFS= read -r right < "$dir/passphrase.$which"
      [ "$right" = "$passphrase" ] \
        || refuse locked 'the key does not open the vault' vault_fault=wrong_key
    }

    take_frames() {
      names=
      while frame; do
        case $record in
        session)
          eval "s_$name=$place t_$name= a_$name="
          case " $names " in *" $name "*) ;; *) names="$names $name" ;; esac ;;
        removal) eval "s_$name= t_$name= a_$name=" ;;
        refresh-started) eval "t_$name=$place a_$name=" ;;
        refresh-ended) eval "t_$name= a_$name=" ;;
        answer) eval "a_$name=$place" ;;
        esac
      done
    }

    tell_records() {
      for name in $names; do
        eval "session=\$s_$name trace=\$t_$name answer=\$a_$name"
        [ -n "$session" ] || continue
        say event=record record=session "name=$name"
        show "$session"
        eval "token_$name=\$token"
      done
      for name in $names; do
        eval "session=\$s_$name trace=\$t_$name answer=\$a_$name token=\$token_$name"
        [ -n "$session" ] && [ -n "$trace" ] || continue
        if [ -n "$answer" ]; then
          say event=record record=answer "name=$name"
          show "$answer"
          continue
        fi
        IFS= read -r line < "$dir/sealed.$trace"
        IFS= read -r sent < "$dir/token.${line#*=}"
        interrupted=no
        [ "$sent" != "$token" ] || interrupted=yes
        say event=record record=refresh-started "name=$name" interrupted=$interrupted
        show "$trace"
      done
    }

    unseal() { get_key; say event=key "vault.key=$key"; take_frames; tell_records; say event=done; }

    # The file is what an import says; its first line is the passphrase.
    export_all() {
      printf '%s\n' "$passphrase" > "$path"
      count=0
      while heading; do
        payload
        printf '%s\n' event=record "record=$record" "name=$name" "" "$payload" >> "$path"
        count=$((count + 1))
      done
      [ -n "$over" ] || leave 1
      say event=done accounts=$count
    }

    import_all() {
      exec 8< "$path" || refuse failed 'there is no such file'
      IFS= read -r right <&8
      [ "$right" = "$passphrase" ] \
        || refuse locked 'the key does not open the file' vault_fault=wrong_key
      while IFS= read -r line <&8; do printf '%s\n' "$line"; done
      say event=done
    }
    """#
}
