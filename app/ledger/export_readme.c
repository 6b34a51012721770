/* README.txt of a bundle: in both languages, with commands that work as they stand (tests/interop runs them). */
#include "ledger/export_inside.h"

#include <inttypes.h>

static const char opening[] =
	"A LOG EXPORTED FROM A KANNUKI BOX          閂（かんぬき）から書き出した記録簿\n"
	"\n"
	"You can find out by yourself whether anybody changed this log. You need the genesis code, which was written on\n"
	"paper when the box was commissioned. Take it from the paper, never from this folder: whoever could change the log\n"
	"could change the keys beside it, too. This file is not signed either.\n"
	"\n"
	"この記録簿があとから変えられていないことを、ご自身で確かめられます。必要なものは、設置のときに紙に控えた\n"
	"「起点の符号」です。必ず紙の控えを使い、このフォルダーの中のものは使わないでください。記録簿を変えられる者は、\n"
	"一緒に入っている鍵も変えられるからです。このファイルにも署名はありません。\n"
	"\n";

static const char with_programs[] =
	"The commands are for Linux; type them in this folder, in this order. First the code from the paper:\n"
	"コマンドはLinux用です。このフォルダーの中で、上から順に入力してください。まず、紙に控えた符号を入力します。\n"
	"\n"
	"    read -r CODE\n"
	"\n"
	"1. Everything, with the box maker's program; and with a second one, written by itself in Go from the format alone.\n"
	"   Both must say that it is good. They come in the auditors' kit (kannuki-auditor-VERSION.zip); do not take it from\n"
	"   whoever gave you this folder.\n"
	"   閂の検証プログラムと、書式の説明だけから別に作ったGo版で、全体を確かめます。どちらも「正常」とならなければ\n"
	"   なりません。二つとも監査キット（kannuki-auditor-版.zip）にあります。キットは、このフォルダーを渡した相手とは\n"
	"   別のところから入手してください。\n"
	"\n"
	"    kannuki-verify . --genesis \"$CODE\"\n"
	"    kannuki-verify-go . --genesis \"$CODE\"\n"
	"\n"
	"2. The same without installing anything, on any computer: open the page kannuki-verify.html in a browser and give it\n"
	"   this folder and the code. It needs no network. The page is in the kit, too.\n"
	"   何も入れずに確かめるには、同じキットの kannuki-verify.html をブラウザーで開き、このフォルダーと符号を\n"
	"   指定します。ネットワークは要りません。\n"
	"\n";

static const char without_programs[] =
	"3. Samples with common tools alone (openssl and the coreutils). The genesis note gives the code on your paper:\n"
	"   どこにでもある道具（opensslとcoreutils）だけでも、要所を確かめられます。起点の書から、紙の符号が出るはずです。\n"
	"\n"
	"    sed '/^$/,$d' genesis.note | openssl dgst -sha256 -binary | base32 | cut -c 1-24\n"
	"\n"
	"   The identity key in it signed the checkpoint, which stands for the whole log (\"Signature Verified Successfully\"):\n"
	"   起点の書にある本体の鍵が、記録簿全体を表すチェックポイントに署名しています。\n"
	"\n"
	"    T=$(mktemp -d)\n"
	"    sed '/^$/,$d' checkpoint.log >$T/text\n"
	"    tail -n 1 checkpoint.log | cut -d ' ' -f 3 | base64 -d | tail -c 64 >$T/signature\n"
	"    printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000' >$T/key\n"
	"    sed -n 3p genesis.note | cut -d + -f 3- | base64 -d | tail -c 32 >>$T/key\n"
	"    openssl pkeyutl -verify -pubin -keyform DER -inkey $T/key -rawin -in $T/text -sigfile $T/signature\n"
	"\n"
	"   A text that is disclosed stands with its hash in an entry (the line that is printed):\n"
	"   開示された本文は、そのハッシュが記録の中にあります（表示される行）。\n"
	"\n"
	"    grep -h -m 1 '\"disclosure\"' disclosures/*.jsonl | head -n 1 | cut -d '\"' -f 10 | tr -d '\\n' >$T/disclosure\n"
	"    openssl dgst -sha256 -binary $T/disclosure | basenc --base64url | tr -d = >$T/hash\n"
	"    grep -r -a -h -F -f $T/hash tile/entries\n"
	"\n";

static const char decrypting[] =
	"4. Stored files are encrypted to the auditors. Give the path of your age key file, then decrypt and check them:\n"
	"   保存ファイルは監査人あてに暗号化されています。ageの鍵ファイルの場所を入力し、復号して確かめます。\n"
	"\n"
	"    read -r KEY\n"
	"    for FILE in blobs/*.age; do age --decrypt -i \"$KEY\" \"$FILE\" >\"${FILE%.age}\"; done\n"
	"    (cd blobs && ls | grep -v 'age$' | sed 's/.*/&  &/' | sha256sum -c)\n"
	"\n";

static const char hashing[] = "4. Stored files are named by their SHA-256:\n"
			      "   保存ファイルの名前は、その中身のSHA-256です。\n"
			      "\n"
			      "    (cd blobs && ls | grep -v 'age$' | sed 's/.*/&  &/' | sha256sum -c)\n"
			      "\n";

static const char closing[] =
	"What each file holds, and every rule: docs/formats/ledger.md of the Kannuki source. checkpoint, *.note and\n"
	"checkpoints/* are C2SP signed notes, tile/ is a C2SP tlog-tiles log, proofs/* are C2SP tlog-proofs: tools that know\n"
	"these can read them. Time stamps (*.tsr) are checked with `openssl ts -verify`.\n"
	"各ファイルの内容と規則は、閂のソースの docs/formats/ledger.md にあります。\n";

static void add_size(struct buf *out, const struct export *x)
{
	uint64_t from = x->first_tile * TILE_WIDTH, to = x->to_tile * TILE_WIDTH;

	if (to > x->pinned.size)
		to = x->pinned.size;
	buf_addf(out,
		 "Origin: %s\n記録簿の名: %s\n"
		 "Entries %" PRIu64 " to %" PRIu64 " of %" PRIu64
		 "; what others wrote was kept back where it says withheld.\n"
		 "記録番号%" PRIu64 "から%" PRIu64 "まで（全%" PRIu64
		 "件）。withheld とある箇所は、書き出した人が伏せています。\n\n",
		 ledger_origin(x->ledger), ledger_origin(x->ledger), from, to - 1, x->pinned.size, from, to - 1,
		 x->pinned.size);
}

void export_readme(struct buf *out, const struct export *x)
{
	bool has_files = x->blobs.count > x->blobs_absent;

	buf_adds(out, opening);
	add_size(out, x);
	buf_adds(out, with_programs);
	buf_adds(out, without_programs);
	if (has_files)
		buf_adds(out, x->options.recipient_count > 0 ? decrypting : hashing);
	buf_adds(out, closing);
}
