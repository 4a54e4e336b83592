"""commit.py MESSAGE_FILE --foreign REGEX --mixed f... --pure f... : commits only my hunks, leaves others' work alone."""
import os, re, subprocess, sys
def git(*a, env=None, inp=None):
    return subprocess.run(["git",*a],check=True,capture_output=True,text=True,env=env,input=inp).stdout
args=sys.argv[1:]
msg=args[0]; foreign=None; mixed=[]; pure=[]; mode=None
for a in args[1:]:
    if a.startswith('--'): mode=a[2:]; continue
    if mode=='foreign': foreign=re.compile(a)
    elif mode=='mixed': mixed.append(a)
    elif mode=='pure': pure.append(a)
env=dict(os.environ, GIT_INDEX_FILE='/tmp/mine/index')
try: os.remove('/tmp/mine/index')
except FileNotFoundError: pass
head=git('rev-parse','HEAD').strip()
git('read-tree',head,env=env)
if pure: git('add','-A','--',*pure,env=env)
for f in mixed:
    d=git('diff','-U0',head,'--',f)
    parts=re.split(r'(?m)^(?=@@)',d)
    headp,hunks=parts[0],parts[1:]
    mine=[h for h in hunks if not foreign.search(h)]
    skipped=[h for h in hunks if foreign.search(h)]
    print(f, len(mine),'mine',len(skipped),'foreign')
    if mine: git('apply','--cached','--unidiff-zero','-',env=env,inp=headp+''.join(mine))
tree=git('write-tree',env=env).strip()
new=git('commit-tree',tree,'-p',head,'-F',msg).strip()
git('update-ref','refs/heads/main',new,head)
changed=git('diff','--name-only','--no-renames',head,new).split()
for f in changed:
    e=git('ls-tree',new,'--',f).split()
    if e: git('update-index','--add','--cacheinfo',f'{e[0]},{e[2]},{f}')
    else: git('update-index','--force-remove',f)
print(new, len(changed),'files')
